// SPDX-License-Identifier: Apache-2.0
/// What the engine, built against Debian 11's C library, would else need of libraries younger than GLIBC_2.28. Linked
/// into that build alone (cmake/engine.cmake); tests/engine/old_nodes reads the program for what it needs.
#include <ctime>

#include <dlfcn.h>
#include <pthread.h>

// Of glibc 2.32; the static libstdc++ looks for it. 0 says "there may be threads": reference counts are always atomic,
// which is right everywhere.
extern "C" {
extern char __libc_single_threaded; // NOLINT: the C library's own name
char __libc_single_threaded = 0;
}

namespace {

timespec untilOnTheWall(clockid_t clock, const timespec &moment)
{
    constexpr long long kNanoseconds = 1'000'000'000;
    const auto count = [](const timespec &time) { return time.tv_sec * kNanoseconds + time.tv_nsec; };
    timespec clockNow{};
    timespec wallNow{};
    clock_gettime(clock, &clockNow);
    clock_gettime(CLOCK_REALTIME, &wallNow);
    const long long wall = count(wallNow) + count(moment) - count(clockNow);
    return {static_cast<time_t>(wall / kNanoseconds), static_cast<long>(wall % kNanoseconds)};
}

} // namespace

// Of glibc 2.30; std::condition_variable waits with it. Where the node has it, it is used. Else the time of day is
// waited for, as libstdc++ itself did before: a clock that is set meanwhile makes the wait longer or shorter.
extern "C" int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock, const timespec *moment)
{
    using Function = int (*)(pthread_cond_t *, pthread_mutex_t *, clockid_t, const timespec *);
    static const auto real = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "pthread_cond_clockwait"));
    if (real != nullptr)
        return real(condition, mutex, clock, moment);
    const timespec wall = untilOnTheWall(clock, *moment);
    return pthread_cond_timedwait(condition, mutex, &wall);
}

// glibc 2.29 gave these new versions, which differ only in how they tell errors (errno, no matherr()). The linker sends
// every call of NAME to __wrap_NAME (engine/CMakeLists.txt).
#if defined(__x86_64__)
#define SEATRIAL_FIRST_GLIBC "GLIBC_2.2.5"
#elif defined(__aarch64__)
#define SEATRIAL_FIRST_GLIBC "GLIBC_2.17"
#else
#error "name the version of glibc's first release for this architecture"
#endif
#define SEATRIAL_OLD(name) __asm__(".symver seatrial_old_" #name "," #name "@" SEATRIAL_FIRST_GLIBC)

SEATRIAL_OLD(exp);
SEATRIAL_OLD(exp2);
SEATRIAL_OLD(log);
SEATRIAL_OLD(log2);
SEATRIAL_OLD(pow);

extern "C" {
double seatrial_old_exp(double);
double seatrial_old_exp2(double);
double seatrial_old_log(double);
double seatrial_old_log2(double);
double seatrial_old_pow(double, double);
double __wrap_exp(double x) { return seatrial_old_exp(x); }
double __wrap_exp2(double x) { return seatrial_old_exp2(x); }
double __wrap_log(double x) { return seatrial_old_log(x); }
double __wrap_log2(double x) { return seatrial_old_log2(x); }
double __wrap_pow(double x, double y) { return seatrial_old_pow(x, y); }
}
