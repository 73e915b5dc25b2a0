// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/checks/load_check.h"
#include "engine/engine_main.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

#include <unistd.h>

using namespace seatrial;
using namespace seatrial::engine;

namespace {

int numberOf(const CheckContext &context, const char *name, int otherwise)
{
    const auto found = context.parameters.find(name);
    return found == context.parameters.end() ? otherwise : std::atoi(found->second.c_str());
}

bool sleepFor(const CheckContext &context, int milliseconds, bool heedStop = true)
{
    constexpr int kNap = 10;
    for (int slept = 0; slept < milliseconds; slept += kNap) {
        if (heedStop && *context.stop)
            return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(std::min(kNap, milliseconds - slept)));
    }
    return true;
}

void sayProcess(const CheckContext &context, pid_t process)
{
    context.out->emit(protocol::Event{protocol::Severity::Info, "test.process", {}, {}, "a process was started",
                                      {{"pid", std::to_string(process)}}});
}

/// A check that is one function.
class TestCheck : public Check
{
public:
    using Run = CheckResult (*)(const CheckContext &);
    TestCheck(const char *id, Run run) : m_id(id), m_run(run) {}
    std::string_view id() const override { return m_id; }
    std::string_view summary() const override { return "only for tests"; }
    std::vector<std::string> parameterHelp() const override { return {"milliseconds=0", "count=10"}; }
    bool loads() const override { return false; }
    CheckResult run(const CheckContext &context) const override { return m_run(context); }

private:
    const char *m_id;
    Run m_run;
};

/// Loads the node, as far as others can tell.
class TestLoad : public LoadCheck
{
public:
    std::string_view id() const override { return "test.load"; }
    std::string_view summary() const override { return "only for tests"; }
    std::vector<std::string> parameterHelp() const override { return {"milliseconds=0", "count=10"}; }

protected:
    CheckResult load(const CheckContext &context) const override
    {
        sayProcess(context, ::getpid());
        return sleepFor(context, numberOf(context, "milliseconds", 0)) ? CheckResult::completed() : stoppedEarly();
    }
};

CheckResult sleepCheck(const CheckContext &context)
{
    sayProcess(context, ::getpid());
    return sleepFor(context, numberOf(context, "milliseconds", 0)) ? CheckResult::completed()
                                                                   : CheckResult::error("stopped early");
}

CheckResult emitCheck(const CheckContext &context)
{
    const int count = numberOf(context, "count", 10);
    for (int index = 0; index < count; ++index) {
        context.out->emit(protocol::Measurement{"another step", "x", "index", protocol::Unit::Count, "node",
                                                double(index), 1, {}, {}});
        sleepFor(context, numberOf(context, "milliseconds", 0));
    }
    return CheckResult::completed();
}

/// A child, and one that left the session and whose parent is gone.
CheckResult childrenCheck(const CheckContext &context)
{
    const auto lounge = [] {
        ::signal(SIGTERM, SIG_IGN);
        while (true)
            ::pause();
    };
    const pid_t child = ::fork();
    if (child == 0)
        lounge();
    sayProcess(context, child);
    int ends[2];
    if (::pipe(ends) != 0)
        return CheckResult::error("no pipe");
    if (::fork() == 0) {
        ::setsid();
        const pid_t orphan = ::fork();
        if (orphan == 0)
            lounge();
        if (::write(ends[1], &orphan, sizeof orphan) < 0)
            ::_exit(1);
        ::_exit(0);
    }
    pid_t orphan = 0;
    if (::read(ends[0], &orphan, sizeof orphan) != sizeof orphan)
        return CheckResult::error("no orphan");
    sayProcess(context, orphan);
    sleepFor(context, numberOf(context, "milliseconds", 0));
    return CheckResult::completed();
}

CheckResult crashCheck(const CheckContext &)
{
    std::fprintf(stderr, "about to crash\n");
    ::signal(SIGSEGV, SIG_DFL); // whatever a sanitizer made of it
    std::raise(SIGSEGV);
    return CheckResult::completed();
}

CheckResult deafCheck(const CheckContext &context)
{
    sayProcess(context, ::getpid());
    ::signal(SIGTERM, SIG_IGN);
    sleepFor(context, 60'000, false);
    return CheckResult::completed();
}

CheckResult floodCheck(const CheckContext &context)
{
    while (true)
        context.out->emit(protocol::Measurement{"", "", "m", protocol::Unit::Count, "node", 1, 1, {}, {{"p", "q"}}});
}

CheckResult gibberishCheck(const CheckContext &)
{
    const std::string lines = "gibberish \x01\n" + std::string(100'000, 'x') + "\n"
        + R"({"type":"goodbye","outcome":"finished"})" "\n";
    for (std::size_t at = 0; at < lines.size();) {
        const ssize_t written = ::write(3, lines.data() + at, lines.size() - at);
        if (written < 0)
            return CheckResult::error("the pipe is closed");
        at += written;
    }
    return CheckResult::completed();
}

/// Serves until it is told to end.
CheckResult serveCheck(const CheckContext &context)
{
    sleepFor(context, 60'000);
    return CheckResult::completed();
}

CheckResult throwCheck(const CheckContext &)
{
    throw std::runtime_error("thrown on purpose");
}

CheckResult waiveCheck(const CheckContext &)
{
    return CheckResult::notPresent("there is no such thing here");
}

CheckResult workCheck(const CheckContext &context)
{
    const std::string path = context.workFolder / "left-behind";
    if (std::FILE *file = std::fopen(path.c_str(), "w"))
        std::fclose(file);
    else
        return CheckResult::error("cannot write " + path);
    context.out->emit(protocol::Event{protocol::Severity::Info, "test.path", {}, {}, path, {{"sysroot", context.sysroot}}});
    return CheckResult::completed();
}

/// Says beforehand what it cannot be given.
class RefusingCheck : public TestCheck
{
public:
    RefusingCheck() : TestCheck("test.refuses", waiveCheck) {}
    std::string refusal(const protocol::Parameters &parameters) const override
    {
        const auto colour = parameters.find("colour");
        return colour == parameters.end() || colour->second == "red" ? std::string() : "parameter colour is \"" + colour->second + "\": expected red";
    }
};

} // namespace

int main(int argc, char **argv)
{
    std::vector<std::unique_ptr<Check>> checks;
    const auto add = [&](const char *id, TestCheck::Run run) { checks.push_back(std::make_unique<TestCheck>(id, run)); };
    add("test.sleep", sleepCheck);
    add("test.emit", emitCheck);
    add("test.children", childrenCheck);
    add("test.crash", crashCheck);
    add("test.deaf", deafCheck);
    add("test.flood", floodCheck);
    add("test.gibberish", gibberishCheck);
    add("test.serve", serveCheck);
    add("test.throw", throwCheck);
    add("test.waive", waiveCheck);
    add("test.work", workCheck);
    checks.push_back(std::make_unique<TestLoad>());
    checks.push_back(std::make_unique<RefusingCheck>());
    return engineMain(argc, argv, checks);
}
