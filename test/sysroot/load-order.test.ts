/** The order of modprobe(8), read from tables that are text. */
import { expect, test } from '@jest/globals';
import { loadOrder } from '../../src/sysroot/load-order.ts';
import { dep, kernelOf } from './kernel-tree.ts';

const modules = dep(
  'kernel/a/disk.ko: kernel/a/middle.ko kernel/a/base.ko',
  'kernel/a/middle.ko: kernel/a/base.ko',
  ...['base', 'pre-one', 'pre_two', 'post', 'other', 'hash_fast', 'hash_slow'].map(
    (name) => `kernel/a/${name}.ko`,
  ),
);

const orderWith = (softdep: string, more: Readonly<Record<string, string>> = {}, name = 'disk') =>
  loadOrder(name, kernelOf({ 'tree/modules.dep': modules, 'tree/modules.softdep': softdep, ...more }));

test('what a module depends on comes before it, what that depends on first', () => {
  expect(orderWith('')).toEqual(['base', 'middle', 'disk']);
  expect(orderWith('', {}, 'none')).toEqual([]);
  const direct = dep('kernel/c.ko: kernel/b.ko', 'kernel/b.ko: kernel/a.ko', 'kernel/a.ko');
  expect(loadOrder('c', kernelOf({ 'tree/modules.dep': direct }))).toEqual(['a', 'b', 'c']);
});

test.each([
  [
    'before and behind it',
    'softdep disk pre: pre-one post: post',
    ['base', 'middle', 'pre_one', 'disk', 'post'],
  ],
  [
    'in two lines',
    'softdep disk pre: pre-one\nsoftdep disk pre: pre_two\n',
    ['base', 'middle', 'pre_one', 'pre_two', 'disk'],
  ],
  ['without a word in front', 'softdep disk pre_two', ['base', 'middle', 'pre_two', 'disk']],
  [
    'behind, then before',
    'softdep disk post: post pre: pre_two',
    ['base', 'middle', 'pre_two', 'disk', 'post'],
  ],
  [
    'of what it depends on',
    'softdep base pre: pre-one post: post',
    ['pre_one', 'base', 'post', 'middle', 'disk'],
  ],
  [
    'of a soft dependency',
    'softdep disk pre: pre-one\nsoftdep pre_one pre: pre_two',
    ['base', 'middle', 'pre_two', 'pre_one', 'disk'],
  ],
  ['in a circle', 'softdep disk pre: other\nsoftdep other pre: disk', ['base', 'middle', 'other', 'disk']],
  ['that depends on it', 'softdep base pre: disk', ['base', 'middle', 'disk']],
  ['that is itself', 'softdep disk pre: disk', ['base', 'middle', 'disk']],
  ['that is nowhere', 'softdep disk pre: no_such_module', ['base', 'middle', 'disk']],
  ['in a comment', '# softdep disk pre: other', ['base', 'middle', 'disk']],
])('a soft dependency %s', (_, softdep, order) => {
  expect(orderWith(softdep)).toEqual(order);
});

test('a soft dependency by alias brings each module that goes by it, and none where that is built in', () => {
  const aliases =
    'alias crypto-hash hash_slow\nalias crypto-hash hash_fast\nalias platform:leds-gpio other\n';
  const builtIn = 'kernel/fs/x.ko\n';
  const modinfo = 'x.alias=fs-x\0x.license=GPL\0';
  const tables = {
    'tree/modules.alias': aliases,
    'tree/modules.builtin': builtIn,
    'tree/modules.builtin.modinfo': modinfo,
  };
  expect(orderWith('softdep base pre: crypto-hash fs-x x', tables, 'base')).toEqual([
    'hash_slow',
    'hash_fast',
    'base',
  ]);
  expect(orderWith('softdep base pre: platform:leds-gpio', tables, 'base')).toEqual(['other', 'base']);
});

test('a weak dependency comes before the module: there is no modprobe that the kernel could call for it', () => {
  expect(orderWith('', { 'tree/modules.weakdep': 'weakdep base other\n' }, 'base')).toEqual([
    'other',
    'base',
  ]);
});

test("the system's modprobe.d counts, and /etc hides files of the same name", () => {
  const configuration = {
    'etc/modprobe.d/one.conf': 'softdep base \\\n  pre: other\n',
    'usr/lib/modprobe.d/one.conf': 'softdep base pre: post\n',
    'usr/lib/modprobe.d/two.conf': 'alias a-name pre_two\nsoftdep ba* post: a-name\nalias gone off\n',
    'usr/lib/modprobe.d/three': 'softdep base pre: hash_fast\n',
  };
  expect(orderWith('', configuration, 'base')).toEqual(['other', 'base', 'pre_two']);
  expect(orderWith('softdep base pre: gone', configuration, 'base')).toEqual(['other', 'base', 'pre_two']);
});
