/** Environment variables of systemd's services that would make another program of one. */

/**
 * What ld.so and the C library do for a variable of the caller: load or write other files (ld.so(8), "Secure-execution mode";
 * glibc's sysdeps/generic/unsecvars.h), and where libmount finds its tables (mount(8)). `systemd.setenv=` on the kernel command
 * line sets variables for every service.
 */
export const unsafeVariables: readonly string[] = [
  ...['AUDIT', 'BIND_NOT', 'DEBUG', 'DEBUG_OUTPUT', 'DYNAMIC_WEAK', 'LIBRARY_PATH', 'ORIGIN_PATH'].map(
    (name) => `LD_${name}`,
  ),
  ...['POINTER_GUARD', 'PREFER_MAP_32BIT_EXEC', 'PRELOAD', 'PROFILE', 'PROFILE_OUTPUT', 'SHOW_AUXV'].map(
    (name) => `LD_${name}`,
  ),
  ...['GCONV_PATH', 'GETCONF_DIR', 'GLIBC_TUNABLES', 'HOSTALIASES', 'LOCALDOMAIN', 'LOCPATH'],
  ...['MALLOC_TRACE', 'NIS_PATH', 'NLSPATH', 'OPENSSL_CONF', 'OPENSSL_ENGINES', 'OPENSSL_MODULES'],
  ...['RESOLV_HOST_CONF', 'RES_OPTIONS', 'TMPDIR', 'TZDIR'],
  ...['LIBMOUNT_FSTAB', 'LIBMOUNT_MTAB', 'LIBMOUNT_UTAB', 'LIBMOUNT_FORCE_MOUNT2'],
  ...['CRYPTSETUP_TOKENS_PATH', 'DM_DISABLE_UDEV', 'DM_DEV_DIR', 'SYSTEMD_PROC_CMDLINE'],
];
