// SPDX-License-Identifier: Apache-2.0
#include "engine/check_plan.h"

#include "core/protocol/codec.h"
#include "core/protocol/json_writer.h"
#include "engine/supervise/posix.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <optional>

#include <fcntl.h>
#include <unistd.h>

namespace seatrial::engine {

using namespace protocol;

namespace {

constexpr std::size_t kMostPlanBytes = std::size_t(16) << 20;

/// Nothing, with errno set, if it cannot be read.
std::optional<std::string> readPlan(const std::string &file)
{
    const Fd plan(file == "-" ? ::fcntl(0, F_DUPFD_CLOEXEC, 3) : ::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!plan.isOpen())
        return std::nullopt;
    std::string text;
    char buffer[16384];
    for (;;) {
        const ssize_t count = ::read(plan.get(), buffer, sizeof buffer);
        if (count == 0)
            return text;
        if (count < 0 && errno != EINTR)
            return std::nullopt;
        if (count > 0)
            text.append(buffer, std::size_t(count));
        if (text.size() > kMostPlanBytes) {
            errno = EFBIG;
            return std::nullopt;
        }
    }
}

std::string refusalOf(const StartStep &step, const std::vector<std::unique_ptr<Check>> &checks)
{
    const auto check = std::ranges::find_if(checks, [&](const auto &each) { return each->id() == step.check; });
    return check == checks.end() ? "this engine has no check \"" + step.check + '"' : (*check)->refusal(step.parameters);
}

void tell(const StartStep &step, const std::string &refusal, bool json)
{
    if (!json) {
        std::printf("%s: %s\n", step.step.c_str(), refusal.c_str());
        return;
    }
    JsonWriter writer;
    writer.text("step", step.step);
    writer.text("refusal", refusal);
    std::fputs(writer.finishLine().c_str(), stdout);
}

} // namespace

int checkPlan(const std::string &file, bool json, const std::vector<std::unique_ptr<Check>> &checks)
{
    const auto text = readPlan(file);
    if (!text) {
        std::fprintf(stderr, "seatrial-engine: cannot read the plan %s: %s\n", file.c_str(), errnoText(errno).c_str());
        return 2;
    }
    bool refused = false;
    int number = 0;
    for (std::size_t from = 0; from < text->size();) {
        const std::size_t end = std::min(text->find('\n', from), text->size());
        const auto read = decodeControl(std::string_view(*text).substr(from, end - from));
        from = end + 1;
        ++number;
        const auto *control = std::get_if<Control>(&read);
        if (!control) {
            const auto *malformed = std::get_if<Malformed>(&read);
            std::fprintf(stderr, "seatrial-engine: line %d of the plan: %s\n", number, malformed ? malformed->reason.c_str() : "it is of a newer program");
            return 2;
        }
        const auto *step = std::get_if<StartStep>(control);
        const auto refusal = step ? refusalOf(*step, checks) : std::string();
        if (!refusal.empty())
            tell(*step, refusal, json);
        refused |= !refusal.empty();
    }
    return std::fflush(stdout) != 0 ? 2 : refused ? 1 : 0;
}

} // namespace seatrial::engine
