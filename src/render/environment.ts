/** Environment variables that would make another program of a service. */

/**
 * `systemd.setenv=` on the kernel command line sets variables for every service. Those of the dynamic loader and the C library
 * load or write other files (ld.so(8), "Secure-execution mode"; glibc's sysdeps/generic/unsecvars.h); others name the tables,
 * plug-ins and configurations of what the services start: a shell, libmount, cryptsetup, OpenSSL, systemd itself.
 */
export const unsafeVariables: readonly (readonly string[])[] = [
  'LD_AUDIT LD_BIND_NOT LD_DEBUG LD_DEBUG_OUTPUT LD_DYNAMIC_WEAK LD_LIBRARY_PATH LD_ORIGIN_PATH',
  'LD_PRELOAD',
  'LD_ASSUME_KERNEL LD_BIND_NOW LD_HWCAP_MASK LD_POINTER_GUARD LD_PREFER_MAP_32BIT_EXEC LD_PROFILE',
  'LD_PROFILE_OUTPUT LD_SHOW_AUXV LD_TRACE_LOADED_OBJECTS LD_TRACE_PRELINKING LD_USE_LOAD_BIAS',
  'LD_VERBOSE LD_WARN GLIBC_TUNABLES',
  'GCONV_PATH GETCONF_DIR HOSTALIASES LOCALDOMAIN LOCPATH MALLOC_TRACE NIS_PATH NLSPATH RESOLV_HOST_CONF',
  'BASHOPTS BASH_ENV ENV SHELLOPTS POSIXLY_CORRECT',
  'RES_OPTIONS TMPDIR TZDIR OPENSSL_CONF OPENSSL_ENGINES OPENSSL_MODULES CRYPTSETUP_TOKENS_PATH',
  'LIBMOUNT_FSTAB LIBMOUNT_MTAB LIBMOUNT_UTAB LIBMOUNT_FORCE_MOUNT2 DM_DEV_DIR DM_DISABLE_UDEV',
  'SYSTEMD_PROC_CMDLINE',
].map((line) => line.split(' '));
