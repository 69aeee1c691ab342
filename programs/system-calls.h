/*
 * What bootrelay's own programs have instead of a C library: where they start, and calls of the kernel. Each program has a
 * function `start` with the number of its arguments and the arguments, behind which its environment is: elf(5), execve(2).
 */
#include <asm/unistd.h>

#if defined(__x86_64__)
__asm__(".globl _start\n_start: mov (%rsp), %rdi\n lea 8(%rsp), %rsi\n and $-16, %rsp\n call start\n");

static long call5(long number, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long result;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return result;
}
#elif defined(__aarch64__)
__asm__(".globl _start\n_start: ldr x0, [sp]\n add x1, sp, 8\n bl start\n");

static long call5(long number, long a, long b, long c, long d, long e)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
	return x0;
}
#else
#error "x86-64 and arm64 only"
#endif

static inline long call(long number, long a, long b, long c)
{
	return call5(number, a, b, c, 0, 0);
}

/* Gives whether all of the text was written. */
static inline int write_text(int file, const char *text)
{
	long length = 0;
	while (text[length])
		length++;
	return call(__NR_write, file, (long)text, length) == length;
}

static inline void leave(int status)
{
	for (;;)
		call(__NR_exit, status, 0, 0);
}

/* Gives whether two texts are equal. */
static inline int same(const char *one, const char *other)
{
	while (*one && *one == *other)
		one++, other++;
	return *one == *other;
}
