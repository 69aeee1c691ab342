/** Rendered text for a machine that is made up below a directory. */

const bare = /(?<![\w}"/.])\/(dev(?!\/null)|proc|sys|run|sysusr|full|host|image|memory|overlay|modules)\b/g;
const quoted = /"\/(sysusr|full|host|modules|sys|run|dev)\b/g;
const scratch = /(?<![\w}"/.])\/(tmp\/(?:line|words|superblock|top|digest|messages))\b/g;

/** The text with the paths of the machine below `root`. */
export function below(root: string, text: string): string {
  return text
    .replaceAll(bare, `${root}/$1`)
    .replaceAll(quoted, `"${root}/$1`)
    .replaceAll(scratch, `${root}/$1`);
}
