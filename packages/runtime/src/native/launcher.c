/*
 * The launcher: runs a script of system calls that TypeScript wrote. It knows nothing of containers: every step is data.
 *
 * It reads the script from descriptor 3 into memory at a fixed address (so that the script can hold addresses), then
 * runs one 72-byte instruction after the other. An argument is a number, or, where its bit in `loads` is set, the
 * address of the 8 bytes to take. A call that fails jumps to `on_error` (1: goes on); with no such target the launcher
 * writes {position of the instruction, errno} to descriptor 4 and exits with status 125.
 *
 * Built without libc; see launcher-elf.ts for the command and the result.
 */
typedef unsigned int u32;
typedef unsigned long u64;
typedef long i64;

struct instruction {
  u32 number;   /* of the system call, or SUBTRACT */
  u32 loads;    /* bit k: argument k is an address to load from */
  u64 args[6];
  u64 result;   /* address to store the result at, 0: nowhere */
  u32 on_error; /* position to go on at after an error, 1: the next, 0: report and exit */
  u32 on_zero;  /* position to go on at when the result is 0, 0: the next */
};

enum { BASE = 0x20000000, CAPACITY = 64 << 20, SUBTRACT = 0xffff0000, GO_ON = 1, FAILED = 125 };
enum { SCRIPT_FD = 3, REPORT_FD = 4 };
enum { READ_WRITE = 3, PRIVATE_ANONYMOUS_FIXED_NORESERVE = 0x104032 };

#if defined(__x86_64__)
enum { NR_READ = 0, NR_WRITE = 1, NR_CLOSE = 3, NR_MMAP = 9, NR_EXIT_GROUP = 231 };
#elif defined(__aarch64__)
enum { NR_READ = 63, NR_WRITE = 64, NR_CLOSE = 57, NR_MMAP = 222, NR_EXIT_GROUP = 94 };
#endif

static inline i64 call(u64 number, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f) {
#if defined(__x86_64__)
  i64 result;
  register u64 r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register u64 x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
  register u64 x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
#endif
}

static inline void fail(u64 position, u64 error) {
  u64 report[2] = {position, error};
  call(NR_WRITE, REPORT_FD, (u64)report, sizeof report, 0, 0, 0);
  call(NR_EXIT_GROUP, FAILED, 0, 0, 0, 0, 0);
}

__attribute__((noreturn)) void _start(void) {
  i64 memory = call(NR_MMAP, BASE, CAPACITY, READ_WRITE, PRIVATE_ANONYMOUS_FIXED_NORESERVE, (u64)-1, 0);
  if (memory != BASE) fail(0, -memory);
  u64 size = 0;
  for (i64 got; (got = call(NR_READ, SCRIPT_FD, BASE + size, CAPACITY - size, 0, 0, 0)) > 0;) size += got;
  call(NR_CLOSE, SCRIPT_FD, 0, 0, 0, 0, 0);
  if (!size) fail(0, 0);
  for (u64 position = *(u64 *)BASE;;) {
    struct instruction *at = (struct instruction *)(BASE + position);
    u64 args[6];
    for (int k = 0; k < 6; k++) args[k] = at->loads >> k & 1 ? *(u64 *)at->args[k] : at->args[k];
    u64 next = position + sizeof *at;
    int subtract = at->number == SUBTRACT;
    i64 result = subtract ? (i64)(args[0] - args[1]) : call(at->number, args[0], args[1], args[2], args[3], args[4], args[5]);
    if (at->result) *(i64 *)at->result = result;
    if (!subtract && result < 0 && result > -4096) {
      if (!at->on_error) fail(position, -result);
      if (at->on_error != GO_ON) next = at->on_error;
    } else if (result == 0 && at->on_zero) next = at->on_zero;
    position = next;
  }
}
