/*
 * run-init [-n] [-c CONSOLE] ROOT INIT [ARGUMENT...]
 * switch_root [-c CONSOLE] ROOT INIT [ARGUMENT...]
 *
 * What run-init(8) of klibc and switch_root(8) of util-linux and busybox do at the end of an initrd without systemd, in an
 * initrd whose root is a mount, not the kernel's own rootfs: ROOT becomes the root, INIT is started there, and the root of
 * the initrd goes with all that it holds: its image, the verity device, the loop device. Those programs cover it by the
 * new root instead, where it stays for ever; some refuse a root that is no ramfs or tmpfs.
 *
 * -n only tells whether INIT could be started: exit status 0. -c opens CONSOLE, a path below ROOT, for INIT.
 * As switch_root, what is mounted at /dev, /proc, /sys and /run goes along.
 *
 * Exit status 1, with a line on standard error: the root is as it was, if not said otherwise.
 * Sources: pivot_root(2), which has the two calls with ".", mount(2).
 */
#include <linux/fcntl.h>
#include <linux/mount.h>
#include "system-calls.h"

#define DETACH 2 /* MNT_DETACH of umount2(2) */
#define EXECUTABLE 1 /* X_OK of access(2) */

static void fail(const char *what, const char *which)
{
	write_text(2, "leave-initrd: ");
	write_text(2, what);
	write_text(2, which);
	write_text(2, "\n");
	leave(1);
}

/* What comes behind the last slash. */
static const char *name_of(const char *path)
{
	const char *name = path;

	for (; *path; path++)
		if (*path == '/')
			name = path + 1;
	return name;
}

/* Moves a mount from the root to the same place below the current directory; what cannot go there is detached. */
static void take_along(const char *from, const char *to)
{
	if (call5(__NR_mount, (long)from, (long)to, 0, MS_MOVE, 0) < 0)
		call(__NR_umount2, (long)from, DETACH, 0);
}

/* Puts the current directory, a mount, in the place of the root, and detaches the one that was there. */
static void change_root(void)
{
	if (call(__NR_pivot_root, (long)".", (long)".", 0) < 0)
		fail("pivot_root", "");
	/* The old root lies over the new one in this place. */
	if (call(__NR_umount2, (long)".", DETACH, 0) < 0)
		fail("the new root is there, and the old one cannot be detached", "");
	call(__NR_chdir, (long)"/", 0, 0);
}

static void open_console(const char *path)
{
	long console = call5(__NR_openat, AT_FDCWD, (long)path, O_RDWR | O_NOCTTY, 0, 0);

	if (console < 0)
		return;
	for (int file = 0; file < 3; file++)
		call(__NR_dup3, console, file, 0);
}

static void look(const char *init)
{
	if (call(__NR_chroot, (long)".", 0, 0) < 0)
		fail("chroot", "");
	if (call(__NR_faccessat, AT_FDCWD, (long)init, EXECUTABLE) < 0)
		fail("cannot be started: ", init);
	leave(0);
}

void start(int count, char **arguments)
{
	const char *console = 0;
	int only_looks = 0, i = 1;

	for (; i < count && arguments[i][0] == '-'; i++)
		if (same(arguments[i], "-n"))
			only_looks = 1;
		else if (same(arguments[i], "-c") && i + 1 < count)
			console = arguments[++i];
		else
			fail("this program does not know the option ", arguments[i]);
	if (count - i < 2)
		fail("usage: run-init [-n] [-c CONSOLE] ROOT INIT [ARGUMENT...]", "");
	const char *root = arguments[i], *init = arguments[i + 1];

	if (call(__NR_chdir, (long)root, 0, 0) < 0)
		fail("there is no directory ", root);
	if (only_looks)
		look(init);
	if (same(name_of(arguments[0]), "switch_root")) {
		take_along("/dev", "dev");
		take_along("/proc", "proc");
		take_along("/sys", "sys");
		take_along("/run", "run");
	}
	change_root();
	if (console)
		open_console(console);
	call(__NR_execve, (long)init, (long)(arguments + i + 1), (long)(arguments + count + 1));
	fail("the new root is there, and its init cannot be started: ", init);
}
