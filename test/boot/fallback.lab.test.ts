/** Slot B does not boot: systemd-boot tries it three times, then slot A comes up by itself, and tells why. */
import { test } from '@jest/globals';
import { expectFallback, type FallbackRow, fallbackTimeout } from './fallback.ts';

test.each<FallbackRow>([
  { fault: 'superblock-magic', form: 'shell', loader: 'uki', reason: 'verity-superblock-invalid' },
  { fault: 'init-missing', form: 'systemd', loader: 'uki', reason: 'init-missing' },
])('$fault, $form form', expectFallback, fallbackTimeout);
