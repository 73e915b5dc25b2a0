// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>

#include <cerrno>
#include <cmath>
#include <condition_variable>
#include <thread>

// As on a node whose C library has no such function (before glibc 2.30).
#define dlsym(handle, name) static_cast<void *>(nullptr)
#include "engine/old_libc.cpp"
#undef dlsym

#include <QTest>

namespace {

timespec in(double seconds)
{
    timespec moment{};
    clock_gettime(CLOCK_MONOTONIC, &moment);
    const auto nanoseconds = moment.tv_nsec + static_cast<long long>(seconds * 1e9);
    return {moment.tv_sec + static_cast<time_t>(nanoseconds / 1'000'000'000), static_cast<long>(nanoseconds % 1'000'000'000)};
}

double secondsUntil(const timespec &moment)
{
    const timespec now = in(0);
    return static_cast<double>(moment.tv_sec - now.tv_sec) + static_cast<double>(moment.tv_nsec - now.tv_nsec) * 1e-9;
}

} // namespace

/// What stands in for functions that old C libraries lack.
class TestOldLibc : public QObject
{
    Q_OBJECT

private slots:
    void aWaitEndsAtItsMoment()
    {
        pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
        pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
        const timespec moment = in(0.05);
        pthread_mutex_lock(&mutex);
        int result = 0;
        while (result == 0) // it may wake for no reason
            result = pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &moment);
        pthread_mutex_unlock(&mutex);
        QCOMPARE(result, ETIMEDOUT);
        const double early = secondsUntil(moment);
        QVERIFY2(early < 0.01 && early > -10, qPrintable(QString::number(early))); // late only as the machine is busy
    }

    void aMomentInThePastIsOver()
    {
        pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
        pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
        const timespec moment{0, 1};
        pthread_mutex_lock(&mutex);
        QCOMPARE(pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &moment), ETIMEDOUT);
        pthread_mutex_unlock(&mutex);
    }

    void someoneWakesTheWaiter()
    {
        std::mutex mutex;
        std::condition_variable condition;
        bool ready = false;
        std::thread other([&] {
            const std::lock_guard lock(mutex);
            ready = true;
            condition.notify_all();
        });
        std::unique_lock lock(mutex);
        const bool woken = condition.wait_for(lock, std::chrono::seconds(60), [&] { return ready; });
        lock.unlock();
        other.join();
        QVERIFY(woken);
    }

    void momentsAreExact()
    {
        const timespec moment = in(1000.25);
        const timespec wall = untilOnTheWall(CLOCK_MONOTONIC, moment);
        timespec now{};
        clock_gettime(CLOCK_REALTIME, &now);
        const double ahead = static_cast<double>(wall.tv_sec - now.tv_sec) + static_cast<double>(wall.tv_nsec - now.tv_nsec) * 1e-9;
        QVERIFY2(ahead > 990 && ahead <= 1000.26, qPrintable(QString::number(ahead)));
        QVERIFY(wall.tv_nsec >= 0 && wall.tv_nsec < 1'000'000'000);
    }

    void mathIsTheSame()
    {
        for (const double x : {0.25, 1.0, 2.0, 10.0}) {
            QCOMPARE(__wrap_pow(x, 3), std::pow(x, 3));
            QCOMPARE(__wrap_exp(x), std::exp(x));
            QCOMPARE(__wrap_exp2(x), std::exp2(x));
            QCOMPARE(__wrap_log(x), std::log(x));
            QCOMPARE(__wrap_log2(x), std::log2(x));
        }
    }
};

QTEST_GUILESS_MAIN(TestOldLibc)
#include "test_old_libc.moc"
