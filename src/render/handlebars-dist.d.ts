/** The one-file build of Handlebars: the same library, three times faster to load than its many modules. */
declare module 'handlebars/dist/handlebars.js' {
  import Handlebars from 'handlebars';
  export default Handlebars;
}
