/** The same with other faults, with a panic of the kernel, and with GRUB. */
import { test } from '@jest/globals';
import { expectFallback, type FallbackRow, fallbackTimeout } from './fallback.ts';

test.each<FallbackRow>([
  { fault: 'root-hash-wrong', form: 'systemd', loader: 'uki', reason: 'verity-root-hash-mismatch' },
  { fault: 'image-missing', form: 'shell', loader: 'uki', reason: 'image-missing' },
  { fault: 'usr-first-block', form: 'shell', loader: 'uki', reason: 'dm-verity device corrupted' },
  { fault: 'superblock-magic', form: 'shell', loader: 'grub', reason: 'verity-superblock-invalid' },
  { fault: 'image-missing', form: 'systemd', loader: 'grub', reason: 'image-missing' },
])('$loader: $fault, $form form', expectFallback, fallbackTimeout);
