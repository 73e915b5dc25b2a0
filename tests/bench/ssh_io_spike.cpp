// SPDX-License-Identifier: GPL-3.0-or-later
// How should Seatrial serve many SSH sessions: one I/O thread that polls all, or one thread each? Opens sessions to an
// own loopback sshd that rekeys often; each node writes lines. Then one sshd process is stopped while data is sent to it
// and one node floods. Prints what the healthy sessions felt. docs/decisions/0001-ssh-io.md holds the conclusion.
#include "ssh_io/designs.h"

#include <sys/mman.h>

#include <cstdio>
#include <functional>
#include <new>

using namespace seatrial::bench;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t stoppedSession = 0;
constexpr std::size_t floodSession = 1;
constexpr double stallLimitMs = 100;

struct Options {
    std::size_t sessions = 64;
    double seconds = 20;
    double linesPerSecond = 20;
    std::string rekeyLimit = "1M 5s";
};

// The node's side: numbered lines with the time of writing; what arrives on stdin is read and dropped.
int writeLines(double linesPerSecond)
{
    const auto serverPid = getppid();
    fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    std::vector<char> received(256 * 1024);
    for (long i = 0;; ++i) {
        char text[256];
        const int n = std::snprintf(text, sizeof text, "%ld %lld %d %0150d\n", i, static_cast<long long>(wallNow()),
                                    static_cast<int>(serverPid), 0);
        if (write(STDOUT_FILENO, text, static_cast<std::size_t>(n)) != n) {
            return 0;
        }
        for (ssize_t got = 1; got > 0;) {
            got = read(STDIN_FILENO, received.data(), received.size());
            if (got == 0) {
                return 0;
            }
        }
        std::this_thread::sleep_for(std::chrono::duration<double>{1 / linesPerSecond});
    }
}

bool waitFor(std::chrono::seconds limit, const std::function<bool()>& condition)
{
    for (const auto end = std::chrono::steady_clock::now() + limit; std::chrono::steady_clock::now() < end;) {
        if (condition()) {
            return true;
        }
        std::this_thread::sleep_for(20ms);
    }
    return condition();
}

// Plays the scenario against one design, in its own process.
class Scenario {
public:
    Scenario(const Options& options, Report& report, Sessions& sessions, Design& design)
        : m_options{options}, m_report{report}, m_sessions{sessions}, m_design{design}
    {
    }

    void play()
    {
        if (!inPhase(Phase::Connect, [this] { return connectAll(); })) {
            m_design.stop();
            return;
        }
        inPhase(Phase::Calm, [] {
            std::this_thread::sleep_for(6s);
            return true;
        });
        m_report.kilobytesCalm = perSession();
        const auto floodBefore = m_report.floodBytes.load();
        inPhase(Phase::Stress, [this] {
            stress();
            return true;
        });
        m_report.floodMegabytes = static_cast<double>(m_report.floodBytes - floodBefore) * 1e-6;
        m_report.kilobytesStress = perSession();
        countRekeys();
        stopPeer(); // closing must not wait for a peer that does not answer
        inPhase(Phase::Close, [this] {
            m_design.stop();
            return true;
        });
        continuePeer();
        m_report.finished = true;
    }

private:
    bool inPhase(Phase phase, const std::function<bool()>& body)
    {
        m_report.phase = static_cast<int>(phase);
        auto& measured = m_report.of(phase);
        const auto wall = wallNow();
        const auto cpu = processCpuNow();
        const bool ok = body();
        measured.wallSeconds = static_cast<double>(wallNow() - wall) * 1e-9;
        measured.cpuSeconds = static_cast<double>(processCpuNow() - cpu) * 1e-9;
        return ok;
    }

    bool connectAll()
    {
        m_anonymousBefore = anonymousKilobytes();
        m_design.start();
        const int wanted = static_cast<int>(m_sessions.size());
        waitFor(120s, [&] { return m_report.streaming == wanted || m_report.failed > 0; });
        return m_report.failed == 0 && m_report.streaming == wanted &&
               waitFor(30s, [&] { return m_sessions[stoppedSession]->serverPid() > 0; });
    }

    void stress()
    {
        m_design.post(floodSession, "go\n");
        stopPeer();
        const auto ticks = static_cast<long>(m_options.seconds * 20);
        for (long tick = 1; tick <= ticks; ++tick) {
            std::this_thread::sleep_for(50ms);
            if (m_sessions[stoppedSession]->unsent() < 4'000'000) {
                m_design.post(stoppedSession, std::string(256 * 1024, 'u'));
            }
            if (tick % 20 == 0) {
                acknowledgeAll();
                continuePeer(); // for a moment, as a node that swaps: enough for POLLOUT, not for all the data
                std::this_thread::sleep_for(2ms);
                stopPeer();
            }
        }
        continuePeer();
        const auto before = m_sessions[stoppedSession]->lines();
        m_report.recovered = waitFor(30s, [&] {
            return m_sessions[stoppedSession]->lines() > before + 20 && m_sessions[stoppedSession]->unsent() == 0;
        });
    }

    void acknowledgeAll()
    {
        for (std::size_t i = 0; i < m_sessions.size(); ++i) {
            if (i != floodSession) {
                m_design.post(i, "acknowledged\n");
            }
        }
    }

    void stopPeer()
    {
        const int pid = m_sessions[stoppedSession]->serverPid();
        m_report.stoppedPid = pid;
        kill(pid, SIGSTOP);
    }
    void continuePeer()
    {
        kill(m_report.stoppedPid, SIGCONT);
        m_report.stoppedPid = 0;
    }

    double perSession() const
    {
        return (anonymousKilobytes() - m_anonymousBefore) / static_cast<double>(m_sessions.size());
    }

    void countRekeys()
    {
        m_report.fewestRekeys = m_sessions.back()->rekeys();
        for (const auto& session : m_sessions) {
            if (session->role() == Role::Healthy) {
                m_report.fewestRekeys = std::min(m_report.fewestRekeys, session->rekeys());
            }
        }
        m_report.floodRekeys = m_sessions[floodSession]->rekeys();
    }

    const Options& m_options;
    Report& m_report;
    Sessions& m_sessions;
    Design& m_design;
    double m_anonymousBefore = 0;
};

struct Variant {
    const char* name;
    bool oneThread;
    Care care;
    Report* report;
};

void measure(const Options& options, const Endpoint& endpoint, const std::string& self, const Variant& variant)
{
    ssh_init();
    const auto healthy = "exec '" + self + "' --write-lines " + std::to_string(options.linesPerSecond);
    const std::string flood = "read go; exec cat /dev/zero";
    Sessions sessions;
    for (std::size_t i = 0; i < options.sessions; ++i) {
        const auto role = i == stoppedSession ? Role::Stopped : i == floodSession ? Role::Flood : Role::Healthy;
        sessions.push_back(std::make_unique<Session>(endpoint, role, variant.care,
                                                     role == Role::Flood ? flood : healthy, *variant.report));
    }
    std::unique_ptr<Design> design;
    if (variant.oneThread) {
        design = std::make_unique<OneThread>(sessions, *variant.report);
    } else {
        design = std::make_unique<ThreadPerSession>(sessions, *variant.report);
    }
    Scenario{options, *variant.report, sessions, *design}.play();
}

Report* newSharedReport()
{
    void* memory = mmap(nullptr, sizeof(Report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        throw std::runtime_error{"mmap() failed"};
    }
    return new (memory) Report;
}

void measureInChild(const Options& options, const Endpoint& endpoint, const std::string& self, const Variant& variant)
{
    std::fprintf(stderr, "measuring: %s …\n", variant.name);
    const auto pid = fork();
    if (pid == 0) {
        measure(options, endpoint, self, variant);
        _exit(0);
    }
    const double patience = options.seconds + 240;
    const bool ended = waitFor(std::chrono::seconds{static_cast<long>(patience)},
                               [pid] { return waitpid(pid, nullptr, WNOHANG) == pid; });
    if (!ended) {
        kill(pid, SIGKILL);
        waitpid(pid, nullptr, 0);
    }
    if (const int stopped = variant.report->stoppedPid; stopped != 0) {
        kill(stopped, SIGCONT);
    }
}

using Cell = std::function<std::string(Report&)>;

std::string number(double value, const char* format = "%.1f")
{
    char text[64];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

std::string ms(const std::atomic<std::int64_t>& ns) { return number(static_cast<double>(ns) * 1e-6, "%.2f"); }

std::string ages(const Histogram& h)
{
    return number(h.quantileMs(0.5)) + " / " + number(h.quantileMs(0.99)) + " / " + number(h.maximumMs());
}

std::string percent(const PhaseReport& phase)
{
    return phase.wallSeconds > 0 ? number(100 * phase.cpuSeconds / phase.wallSeconds) : "-";
}

std::string slept(const Longest& longest)
{
    const char* where = longest.sleptIn;
    return where == nullptr ? "never" : ms(longest.slept) + " " + (where + (std::strncmp(where, "ssh_", 4) == 0 ? 4 : 0));
}

std::vector<std::pair<const char*, Cell>> rows()
{
    return {
        {"all connected, s", [](Report& r) { return number(r.of(Phase::Connect).wallSeconds); }},
        {"  longest round wall / cpu, ms",
         [](Report& r) { return ms(r.of(Phase::Connect).round.wall) + " / " + ms(r.of(Phase::Connect).round.cpu); }},
        {"  longest libssh call cpu, ms", [](Report& r) { return ms(r.of(Phase::Connect).call.cpu); }},
        {"  libssh call slept, ms", [](Report& r) { return slept(r.of(Phase::Connect).call); }},
        {"calm: line age 50/99/max, ms", [](Report& r) { return ages(r.of(Phase::Calm).lineAge); }},
        {"  client cpu, % of a core", [](Report& r) { return percent(r.of(Phase::Calm)); }},
        {"  memory per session, kB", [](Report& r) { return number(r.kilobytesCalm); }},
        {"stress: line age 50/99/max, ms", [](Report& r) { return ages(r.of(Phase::Stress).lineAge); }},
        {"  longest round wall / cpu, ms",
         [](Report& r) { return ms(r.of(Phase::Stress).round.wall) + " / " + ms(r.of(Phase::Stress).round.cpu); }},
        {"  longest libssh call wall, ms", [](Report& r) { return ms(r.of(Phase::Stress).call.wall); }},
        {"  longest libssh call cpu, ms", [](Report& r) { return ms(r.of(Phase::Stress).call.cpu); }},
        {"  libssh call slept, ms", [](Report& r) { return slept(r.of(Phase::Stress).call); }},
        {"  client cpu, % of a core", [](Report& r) { return percent(r.of(Phase::Stress)); }},
        {"  memory per session, kB", [](Report& r) { return number(r.kilobytesStress); }},
        {"  flood read, MB", [](Report& r) { return number(r.floodMegabytes); }},
        {"rekeys: fewest healthy / flood",
         [](Report& r) { return std::to_string(r.fewestRekeys) + " / " + std::to_string(r.floodRekeys); }},
        {"close: libssh call slept, ms", [](Report& r) { return slept(r.of(Phase::Close).call); }},
        {"healthy lines read / missing",
         [](Report& r) {
             return std::to_string(r.of(Phase::Calm).lineAge.count() + r.of(Phase::Stress).lineAge.count()) + " / " +
                    std::to_string(r.missingLines);
         }},
        {"stopped session recovered", [](Report& r) { return std::string{r.recovered ? "yes" : "NO"}; }},
    };
}

bool isSound(const Report& r)
{
    return r.finished && r.recovered && r.failed == 0 && r.missingLines == 0 && r.fewestRekeys > 0;
}

void print(const std::vector<Variant>& variants)
{
    std::printf("%-34s", "");
    for (const auto& variant : variants) {
        std::printf("  %-34s", variant.name);
    }
    std::printf("\n");
    for (const auto& [name, cell] : rows()) {
        std::printf("%-34s", name);
        for (const auto& variant : variants) {
            std::printf("  %-34s", cell(*variant.report).c_str());
        }
        std::printf("\n");
    }
    for (const auto& variant : variants) {
        if (!isSound(*variant.report)) {
            std::printf("%s is not sound: %d sessions failed, first: %s\n", variant.name, variant.report->failed.load(),
                        variant.report->firstError.data());
        }
    }
}

// The rule: a libssh call that sleeps, or the work of one round, must not hold the others for more than 100 ms.
double stallMs(const Report& r)
{
    std::int64_t worst = 0;
    for (const auto& phase : r.phases) {
        worst = std::max({worst, phase.call.slept.load(), phase.round.cpu.load()});
    }
    return static_cast<double>(worst) * 1e-6;
}

bool parse(int argc, char** argv, Options& options)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string name = argv[i];
        const double value = std::atof(argv[i + 1]);
        if (name == "--rekey") {
            options.rekeyLimit = argv[i + 1];
        } else if (name == "--sessions" && value >= 3 && value <= 1000) {
            options.sessions = static_cast<std::size_t>(value);
        } else if (name == "--seconds" && value >= 1 && value <= 3600) {
            options.seconds = value;
        } else if (name == "--lines-per-second" && value >= 1 && value <= 1000) {
            options.linesPerSecond = value;
        } else {
            return false;
        }
    }
    return argc % 2 == 1;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc == 3 && std::strcmp(argv[1], "--write-lines") == 0) {
        return writeLines(std::max(1.0, std::atof(argv[2])));
    }
    Options options;
    if (!parse(argc, argv, options)) {
        std::fprintf(stderr, "usage: %s [--sessions 3…1000] [--seconds 1…3600] [--lines-per-second 1…1000] "
                             "[--rekey \"1M 5s\" (as sshd's RekeyLimit)]\n", argv[0]);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    try {
        const auto self = std::filesystem::read_symlink("/proc/self/exe").string();
        const LoopbackSshd sshd{options.rekeyLimit};
        const std::vector<Variant> variants{
            {"one thread, plain libssh", true, Care::Plain, newSharedReport()},
            {"one thread, with care", true, Care::Full, newSharedReport()},
            {"one thread per session, with care", false, Care::Full, newSharedReport()},
        };
        for (const auto& variant : variants) {
            measureInChild(options, sshd.endpoint(), self, variant);
        }
        print(variants);
        const auto& careful = *variants[1].report;
        std::printf("one thread with care holds the others for at most %.2f ms (limit %.0f ms)\n", stallMs(careful),
                    stallLimitMs);
        return isSound(careful) && isSound(*variants[2].report) && stallMs(careful) <= stallLimitMs ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "cannot measure: %s\n", error.what());
        return 1;
    }
}
