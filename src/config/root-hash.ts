/** A root hash that is only known when something is built. */
import type { PlatformConfig } from './validate.ts';

/** Where a value is from that the image itself gives, as the rendered text says it. */
const imageOrigin = { file: '--image', line: 0 };

/** The platform with this root hash built in. */
export function withRootHash(config: PlatformConfig, rootHash: string): PlatformConfig {
  const Verity = { ...config.settings.Verity, RootHash: rootHash };
  return { ...config, settings: { ...config.settings, Verity } };
}

/** The platform with the root hash of its image built in. */
export function withRootHashOfImage(config: PlatformConfig, rootHash: string): PlatformConfig {
  const sealed = withRootHash(config, rootHash);
  return { ...sealed, origins: new Map([...config.origins, ['Verity.RootHash', [imageOrigin]]]) };
}
