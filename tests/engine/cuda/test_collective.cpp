// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/device/cuda/collective.h"
#include "tests/engine/cuda/mocked.h"

#include <QTest>

#include <sys/wait.h>
#include <unistd.h>

using namespace seatrial::engine;
using namespace seatrial::tests;

namespace {

bool saysAll(const std::string &text, std::initializer_list<const char *> words)
{
    for (const char *word : words)
        if (text.find(word) == std::string::npos) {
            qWarning("\"%s\" is not in: %s", word, text.c_str());
            return false;
        }
    return true;
}

/// The GPUs of the mock, opened below the machine, so that deadlines can be short.
std::vector<std::shared_ptr<cuda::Gpu>> gpusOf(MockedNode &node, int count)
{
    node.mock().gpus = count;
    const auto driver = cuda::openDriver("/");
    std::vector<std::shared_ptr<cuda::Gpu>> gpus;
    for (int gpu = 0; gpu < count; ++gpu)
        gpus.push_back(*cuda::Gpu::open(*driver, driver->devices[static_cast<std::size_t>(gpu)], gpu, node.tree().root()));
    return gpus;
}

cuda::CollectiveOptions impatient()
{
    cuda::CollectiveOptions options;
    options.connectSeconds = 0.1;
    options.idleSeconds = 0.1;
    return options;
}

} // namespace

/// All-reduces over the mock's NCCL.
class TestCollective : public QObject
{
    Q_OBJECT

private slots:
    void addsUp()
    {
        MockedNode node;
        const auto seconds = node.machine().allReduce({0, 1}, 1 << 16, 5);
        QVERIFY2(seconds.ok(), seconds ? "" : seconds.problem().text.c_str());
        QVERIFY(*seconds > 0);
        QCOMPARE(node.mock().calls["ncclAllReduce"], 2 * (5 + 2)); // two warm-ups
        QCOMPARE(node.mock().calls["seatrial_sum_check"], 2);
        QVERIFY(node.machine().allReduce({0, 1}, 1 << 18, 3).ok());
        QCOMPARE(node.mock().calls["ncclCommInitRankConfig"], 2); // once for all sizes
        QVERIFY(node.machine().allReduce({1, 0}, 1 << 16, 9).ok());
        QVERIFY(node.machine().allReduce({1, 0}, 1 << 16, 2).ok()); // fewer than before
        QVERIFY(saysAll(node.machine().provenance(), {"NCCL 2.28.9"}));
    }

    /// Also whoever forked before the work began can see how far the ranks are.
    void showsItsProgress()
    {
        MockedNode node;
        QVERIFY(node.machine().ranks().empty());
        const pid_t child = ::fork();
        if (child == 0)
            ::_exit(node.machine().allReduce({1, 0}, 4096, 7).ok() ? 0 : 1);
        int status = -1;
        QCOMPARE(::waitpid(child, &status, 0), child);
        QCOMPARE(status, 0);
        const auto ranks = node.machine().ranks();
        QCOMPARE(ranks.size(), std::size_t(2));
        QCOMPARE(ranks[0].gpu, 1);
        QCOMPARE(ranks[0].entered, std::uint64_t(8)); // seven, and the end of the last
        QCOMPARE(ranks[1].entered, std::uint64_t(8));
    }

    void tellsItsSettings()
    {
        MockedNode node;
        ::setenv("NCCL_ALGO", "Ring", 1);
        node.tree().write("etc/nccl.conf", "# a comment\nNCCL_NVLS_ENABLE=0\n");
        QVERIFY(node.machine().allReduce({0, 1}, 1 << 16, 1).ok());
        ::unsetenv("NCCL_ALGO");
        QVERIFY(saysAll(node.machine().provenance(), {"NCCL_ALGO=Ring", "NCCL_NVLS_ENABLE=0"}));
    }

    void givesEverythingBack()
    {
        MockCuda *mock = nullptr;
        {
            MockedNode node;
            mock = &node.mock();
            QVERIFY(node.machine().allReduce({0, 1}, 1 << 16, 2).ok());
        }
        QCOMPARE(mock->aborted, 2);
        QCOMPARE(mock->openMemories, 0);
        QCOMPARE(mock->contexts, 0);
    }

    void refusesWhatCannotBe()
    {
        MockedNode node;
        QVERIFY(!node.machine().allReduce({}, 1024, 1));
        QVERIFY(!node.machine().allReduce({0, 0}, 1024, 1));
        QVERIFY(!node.machine().allReduce({0, 1}, 0, 1));
        QVERIFY(!node.machine().allReduce({0, 7}, 1024, 1));
        const auto tooMuch = node.machine().allReduce({0, 1}, node.mock().memoryBytes, 1);
        QCOMPARE(tooMuch.problem().trouble, DeviceTrouble::OutOfMemory);
        QVERIFY(node.machine().allReduce({0, 1}, 1024, 1).ok());
    }

    void needsNccl()
    {
        MockedNode node;
        ::setenv("SEATRIAL_NCCL", "/nonexistent/libnccl.so.2", 1);
        const auto missing = node.machine().allReduce({0, 1}, 1024, 1);
        QCOMPARE(missing.problem().trouble, DeviceTrouble::NotPresent);
        QVERIFY(saysAll(missing.problem().text, {"there is no NCCL", "/nonexistent/libnccl.so.2"}));
        ::setenv("SEATRIAL_NCCL", "libc.so.6", 1);
        QVERIFY(saysAll(node.machine().allReduce({0, 1}, 1024, 1).problem().text, {"lacks ncclGetVersion", "2.14"}));
    }

    void seesAWrongSum()
    {
        MockedNode node;
        node.mock().wrongSum = true;
        const auto wrong = node.machine().allReduce({0, 1}, 4096, 2);
        QCOMPARE(wrong.problem().trouble, DeviceTrouble::Broken);
        QVERIFY(saysAll(wrong.problem().text, {"the sum that GPU 1 got", "1 of 1024"}));
    }

    void namesTheRankBehind()
    {
        MockedNode node;
        std::vector<std::uint64_t> entered(3);
        cuda::CollectiveOptions options = impatient();
        options.progress = [&entered](std::size_t rank, std::uint64_t number) { entered[rank] = number; };
        auto collective = cuda::Collective::open(gpusOf(node, 3), options);
        QVERIFY(collective);
        node.mock().hangingRank = 1;
        node.mock().hangsAt = 6; // two warm-ups, then the fourth
        const auto hung = (*collective)->allReduce(4096, 10);
        QVERIFY(!hung);
        QCOMPARE(hung.problem().trouble, DeviceTrouble::Broken);
        QVERIFY(saysAll(hung.problem().text, {"the all-reduce hangs", "GPU 1 is behind", "of 10"}));
        QCOMPARE(entered, (std::vector<std::uint64_t>{4, 3, 4}));
        QCOMPARE(node.mock().aborted, 3);
        QVERIFY((*collective)->broken());
        QVERIFY(!(*collective)->allReduce(4096, 1));
    }

    void ranksDoNotMeet()
    {
        MockedNode node;
        node.mock().neverConnects = 1;
        auto collective = cuda::Collective::open(gpusOf(node, 2), impatient());
        QVERIFY(!collective);
        QVERIFY(saysAll(collective.problem().text, {"NCCL 2.28.9", "connecting the ranks did not end in time", "GPUs 1"}));
        QCOMPARE(node.mock().aborted, 2);
    }

    void ncclFails_data()
    {
        QTest::addColumn<QString>("call");
        for (const char *call : {"ncclGetUniqueId", "ncclGroupStart", "ncclCommInitRankConfig", "ncclGroupEnd", "ncclCommGetAsyncError", "ncclAllReduce"})
            QTest::newRow(call) << call;
    }

    void ncclFails()
    {
        QFETCH(QString, call);
        MockedNode node;
        node.mock().failures[call.toStdString()] = {3, call == "ncclAllReduce" ? 3 : 0, 1};
        const auto failed = node.machine().allReduce({0, 1}, 4096, 3);
        QVERIFY(!failed);
        QCOMPARE(failed.problem().trouble, DeviceTrouble::Broken);
        QVERIFY(saysAll(failed.problem().text, {"NCCL 2.28.9", "over GPUs 0-1", "mock error (3)", "as the mock was told"}));
        QVERIFY(node.machine().allReduce({0, 1}, 4096, 3).ok()); // it connects anew
    }

    /// Behind NCCL's "unhandled CUDA error" is a GPU: it is named.
    void namesTheLostGpu()
    {
        MockedNode node;
        QVERIFY(node.machine().allReduce({0, 1}, 4096, 1).ok());
        node.mock().dead[1] = 999;
        node.mock().failures["ncclGroupEnd"] = {1};
        const auto failed = node.machine().allReduce({0, 1}, 4096, 1);
        QCOMPARE(failed.problem().trouble, DeviceTrouble::Lost);
        QVERIFY(saysAll(failed.problem().text, {"GPU 1", "CUDA_ERROR_UNKNOWN"}));
    }
};

QTEST_GUILESS_MAIN(TestCollective)
#include "test_collective.moc"
