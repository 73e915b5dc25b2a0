// SPDX-License-Identifier: Apache-2.0
#include "engine/supervise/plan.h"

#include "core/protocol/codec.h"
#include "engine/supervise/attach.h"
#include "engine/supervise/worker_process.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace seatrial::engine {

using namespace protocol;

namespace {

constexpr int kSelftestMilliseconds = 5000;

/// A folder of our own that is removed with what is in it.
class TemporaryFolder
{
public:
    explicit TemporaryFolder(const std::filesystem::path &parent)
        : m_path((parent / "seatrial-XXXXXX").string())
    {
        if (!::mkdtemp(m_path.data()))
            m_error = "cannot create a folder in " + parent.string() + ": " + errnoText(errno);
    }
    ~TemporaryFolder()
    {
        std::error_code ignored;
        if (m_error.empty())
            std::filesystem::remove_all(m_path, ignored);
    }
    TemporaryFolder(const TemporaryFolder &) = delete;
    TemporaryFolder &operator=(const TemporaryFolder &) = delete;

    std::filesystem::path path() const { return m_path; }
    const std::string &error() const { return m_error; }

private:
    std::string m_path;
    std::string m_error;
};

std::filesystem::path temporaryParent(const std::filesystem::path &work)
{
    if (!work.empty())
        return work;
    const char *wanted = std::getenv("TMPDIR");
    return wanted && *wanted ? wanted : "/tmp";
}

int fail(const std::string &sentence)
{
    std::fprintf(stderr, "seatrial-engine: %s\n", sentence.c_str());
    return kAttachFailed;
}

} // namespace

int runPlan(const std::string &file, const std::filesystem::path &sysroot, const std::filesystem::path &work,
            const std::string &simulate)
{
    const Fd plan(file == "-" ? ::fcntl(0, F_DUPFD_CLOEXEC, 3) : ::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!plan.isOpen()) {
        fail("cannot read the plan " + file + ": " + errnoText(errno));
        return kAttachRefused;
    }
    const TemporaryFolder folder(temporaryParent(work));
    if (!folder.error().empty())
        return fail(folder.error());
    AttachOptions options;
    options.folder = folder.path() / "run";
    options.sysroot = sysroot;
    options.simulate = simulate;
    options.input = plan.get();
    options.foreground = true;
    const int exitCode = attach(options);
    while (::wait(nullptr) > 0 || errno == EINTR) {
        // The supervisor tidies up; its folder must not go before it.
    }
    return exitCode;
}

std::string workerSelftest()
{
    const TemporaryFolder folder(temporaryParent({}));
    if (!folder.error().empty())
        return folder.error();
    // A check that no engine has: a worker that starts, reads its order and is heard says so.
    const StartStep step{"selftest", "selftest.unknown-check", {}, 5};
    WorkerTerms terms;
    terms.runFolder = folder.path();
    terms.workFolder = folder.path() / "work";
    std::string error;
    const std::unique_ptr<WorkerProcess> worker = WorkerProcess::start(step, terms, error);
    if (!worker)
        return error;
    pollfd waiting{worker->recordsFd(), POLLIN, 0};
    if (::poll(&waiting, 1, kSelftestMilliseconds) <= 0) {
        worker->end(StepStatus::Error, "it said nothing for 5 s");
        ::kill(worker->pid(), SIGKILL);
    }
    int status = 0;
    ::waitpid(worker->pid(), &status, 0);
    worker->readRecords([](Body) {});
    worker->readSaid();
    worker->exited(status);
    const std::string reason = worker->result().reason;
    return reason.find(step.check) != std::string::npos ? std::string() : "a worker process does not work here: " + reason;
}

} // namespace seatrial::engine
