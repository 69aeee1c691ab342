/*
 * dm-create NAME SECTORS TARGET PARAMETERS
 * dm-create --table NAME | --status NAME | --remove NAME | --deferred NAME ...
 *
 * The first makes the read-only device-mapper device NAME of one target, and the link /dev/mapper/NAME to its node:
 * what `dmsetup create NAME --readonly --noudevrules --noudevsync --table "0 SECTORS TARGET PARAMETERS"` does, without
 * the seven libraries behind dmsetup. For the minimal initrd, where devtmpfs makes /dev/dm-N and no udev runs.
 *
 * --table and --status print what `dmsetup table NAME` and `dmsetup status NAME` do: for each target of the active table
 * a line START LENGTH TARGET PARAMETERS. They need no node. For the full initrd, which checks the device, and asks for
 * both at once: each program that is started costs more than what it does here.
 *
 * --remove takes the device and the link away, for a boot that begins again. --deferred takes the link away at once, and
 * the device when nothing uses it any more, as `dmsetup remove --deferred NAME` does.
 *
 * Exit status 0: the device is there and active, or all of it is told, or it is gone. 1: it is not, and nothing that
 * this made is left; standard error names the call, and the kernel's log has its reason.
 * Source: include/uapi/linux/dm-ioctl.h of the kernel.
 * Without a C library: bootrelay compiles it with -nostdlib for x86-64 and arm64.
 */
#include <asm/errno.h>
#include <linux/ioctl.h>
#include <linux/dm-ioctl.h>
#include <linux/fcntl.h>
#include "system-calls.h"

/* Ends the program: WHAT to standard error, exit status 1. */
static void fail(const char *what)
{
	write_text(2, "dm-create: ");
	write_text(2, what);
	write_text(2, "\n");
	leave(1);
}

/* Copies a text with its end into `size` bytes, and gives the place of its end; too long is a failure. */
static char *copy(char *to, const char *from, long size)
{
	for (long i = 0; i < size; i++)
		if (!(to[i] = from[i]))
			return to + i;
	fail("an argument is too long");
	return to;
}

static unsigned long long number(const char *text)
{
	unsigned long long value = 0;
	if (!*text)
		fail("SECTORS is empty");
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || value > (~0ULL - 9) / 10)
			fail("SECTORS is not a number");
		value = value * 10 + (*text - '0');
	}
	return value;
}

#define DIGITS 20 /* of the largest number */

/* Writes a number with an end into DIGITS + 1 bytes. */
static void decimal(unsigned long long value, char *to)
{
	char digits[DIGITS];
	int count = 0;
	do
		digits[count++] = '0' + value % 10;
	while (value /= 10);
	while (count)
		*to++ = digits[--count];
	*to = 0;
}

/*
 * What goes to the kernel and back: the call's head, then for DM_TABLE_LOAD one target with its parameters, from
 * DM_TABLE_STATUS all targets, each with its parameters.
 */
static struct {
	struct dm_ioctl head;
	struct dm_target_spec target;
	char parameters[4096];
} request;

/* One call on the device NAME. The head is set anew: the kernel writes its answer into it. */
static long ask(int control, unsigned long command, const char *name, unsigned int flags)
{
	struct dm_ioctl *head = &request.head;
	head->version[0] = DM_VERSION_MAJOR;
	head->version[1] = 0;
	head->version[2] = 0;
	head->data_size = sizeof(request);
	head->data_start = sizeof(request.head);
	head->target_count = command == DM_TABLE_LOAD;
	head->open_count = 0;
	head->flags = flags;
	head->event_nr = 0;
	head->dev = 0;
	head->uuid[0] = 0; /* a call is by name or by UUID */
	copy(head->name, name, sizeof(head->name));
	return call(__NR_ioctl, control, command, (long)head);
}

/* Writes `../dm-N`, where the node is as seen from /dev/mapper. */
static void node_of(unsigned long long device, char *to)
{
	decimal((device & 0xff) | ((device >> 12) & 0xfff00), copy(to, "../dm-", 7)); /* huge_encode_dev() */
}

static long open_control(void)
{
	long control = call(__NR_openat, AT_FDCWD, (long)"/dev/mapper/control", O_RDWR);
	if (control < 0)
		fail("cannot open /dev/mapper/control");
	return control;
}

static void print(const char *text)
{
	if (!write_text(1, text))
		fail("cannot write");
}

static void print_number(unsigned long long value)
{
	char digits[DIGITS + 1];
	decimal(value, digits);
	print(digits);
}

/* Prints the targets of the active table: with DM_STATUS_TABLE_FLAG as they were loaded, without it their status. */
static void tell(const char *name, unsigned int flags)
{
	long result = ask(open_control(), DM_TABLE_STATUS, name, flags);
	if (result == -ENXIO)
		fail("DM_TABLE_STATUS: there is no device of this name");
	if (result < 0)
		fail("DM_TABLE_STATUS");
	if (request.head.flags & DM_BUFFER_FULL_FLAG)
		fail("DM_TABLE_STATUS: the table is too long");
	if (!request.head.target_count)
		fail("DM_TABLE_STATUS: the device has no table");
	const char *first = (const char *)&request + request.head.data_start;
	const struct dm_target_spec *target = (const void *)first;
	for (unsigned int i = 0; i < request.head.target_count; i++) {
		print_number(target->sector_start);
		print(" ");
		print_number(target->length);
		print(" ");
		print(target->target_type);
		print(" ");
		print((const char *)(target + 1));
		print("\n");
		target = (const void *)(first + target->next);
	}
}

#define PATH (sizeof("/dev/mapper/") + DM_NAME_LEN)

/* Writes the path of the link of NAME into PATH bytes. */
static void path_of(const char *name, char *to)
{
	copy(copy(to, "/dev/mapper/", PATH), name, DM_NAME_LEN);
}

/* Takes the link to the node of the device NAME away, and the device: one that is in use only with DM_DEFERRED_REMOVE. */
static void take_away(const char *name, unsigned int flags)
{
	static char link[PATH];

	path_of(name, link);
	if (ask(open_control(), DM_DEV_REMOVE, name, flags) < 0)
		fail("DM_DEV_REMOVE");
	call(__NR_unlinkat, AT_FDCWD, (long)link, 0);
}

/* Makes the device of NAME, SECTORS, TARGET, PARAMETERS. */
static void make(char **arguments)
{
	static char link[PATH], node[sizeof("../dm-") + DIGITS];
	const char *name = arguments[0], *failed = 0;

	path_of(name, link);
	request.target.length = number(arguments[1]);
	copy(request.target.target_type, arguments[2], sizeof(request.target.target_type));
	copy(request.parameters, arguments[3], sizeof(request.parameters));

	long control = open_control();
	if (ask(control, DM_DEV_CREATE, name, DM_READONLY_FLAG) < 0)
		fail("DM_DEV_CREATE");
	if (ask(control, DM_TABLE_LOAD, name, DM_READONLY_FLAG) < 0)
		failed = "DM_TABLE_LOAD";
	else if (ask(control, DM_DEV_SUSPEND, name, DM_READONLY_FLAG) < 0) /* without the flag that suspends: resumes */
		failed = "DM_DEV_SUSPEND";
	else {
		node_of(request.head.dev, node);
		call(__NR_unlinkat, AT_FDCWD, (long)link, 0);
		if (call(__NR_symlinkat, (long)node, AT_FDCWD, (long)link) < 0)
			failed = "cannot make the link in /dev/mapper";
	}
	if (failed) {
		if (ask(control, DM_DEV_REMOVE, name, 0) < 0)
			fail("DM_DEV_REMOVE: a device without a table is left");
		fail(failed);
	}
}

/* Does what OPTION says with the device NAME. */
static void act(const char *option, const char *name)
{
	if (same(option, "--remove"))
		take_away(name, 0);
	else if (same(option, "--deferred"))
		take_away(name, DM_DEFERRED_REMOVE);
	else
		tell(name, same(option, "--table") ? DM_STATUS_TABLE_FLAG : 0);
}

static int is_option(const char *argument)
{
	return same(argument, "--table") || same(argument, "--status") || same(argument, "--remove") ||
	       same(argument, "--deferred");
}

/* Whether all arguments are options, each with a name. */
static int are_options(int count, char **arguments)
{
	int i = 1;

	while (i + 1 < count && is_option(arguments[i]))
		i += 2;
	return i > 1 && i == count;
}

void start(int count, char **arguments)
{
	if (are_options(count, arguments))
		for (int i = 1; i < count; i += 2)
			act(arguments[i], arguments[i + 1]);
	else if (count == 5)
		make(arguments + 1);
	else
		fail("usage: dm-create NAME SECTORS TARGET PARAMETERS | --table NAME | --status NAME | --remove NAME | --deferred NAME");
	leave(0);
}
