// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/domain/failure.h"

#include <array>
#include <utility>

namespace seatrial::domain {

namespace {

constexpr std::array<std::pair<Stage, const char *>, 12> kStages{{
    {Stage::Input, "input"},
    {Stage::Resolve, "resolve"},
    {Stage::Connect, "connect"},
    {Stage::HostKey, "host key"},
    {Stage::Login, "login"},
    {Stage::Preflight, "preflight"},
    {Stage::Deploy, "deploy"},
    {Stage::Attach, "attach"},
    {Stage::Run, "run"},
    {Stage::Store, "store"},
    {Stage::Judge, "judge"},
    {Stage::Internal, "internal"},
}};

constexpr std::array<std::pair<FailureKind, const char *>, 12> kKinds{{
    {FailureKind::Invalid, "invalid"},
    {FailureKind::NotFound, "not found"},
    {FailureKind::Refused, "refused"},
    {FailureKind::Timeout, "timeout"},
    {FailureKind::Throttled, "throttled"},
    {FailureKind::Lost, "lost"},
    {FailureKind::Changed, "changed"},
    {FailureKind::NoSpace, "no space"},
    {FailureKind::Untrusted, "untrusted"},
    {FailureKind::Unsupported, "unsupported"},
    {FailureKind::Cancelled, "cancelled"},
    {FailureKind::Broken, "broken"},
}};

template<typename Table, typename Value>
std::string wordOf(const Table &table, Value value)
{
    for (const auto &[known, word] : table) {
        if (known == value)
            return word;
    }
    return "unknown";
}

template<typename Table>
auto valueOf(const Table &table, const std::string &text) -> std::optional<typename Table::value_type::first_type>
{
    for (const auto &[value, word] : table) {
        if (text == word)
            return value;
    }
    return std::nullopt;
}

std::string oneLine(std::string text)
{
    for (char &character : text) {
        if (character == '\n' || character == '\r' || character == '\t')
            character = ' ';
    }
    while (!text.empty() && text.back() == ' ')
        text.pop_back();
    return text;
}

bool endsSentence(const std::string &text)
{
    return !text.empty() && (text.back() == '.' || text.back() == '?' || text.back() == '!');
}

} // namespace

std::string stageText(Stage stage)
{
    return wordOf(kStages, stage);
}

std::string kindText(FailureKind kind)
{
    return wordOf(kKinds, kind);
}

std::optional<Stage> stageFromText(const std::string &text)
{
    return valueOf(kStages, text);
}

std::optional<FailureKind> kindFromText(const std::string &text)
{
    return valueOf(kKinds, text);
}

std::string sentence(const Failure &failure)
{
    std::string text = stageText(failure.stage) + ": " + oneLine(failure.what);
    if (!failure.attempted.empty())
        text += " (tried: " + oneLine(failure.attempted) + ")";
    if (failure.advice.empty())
        return text;
    text += endsSentence(text) ? " " : ". ";
    return text + "Advice: " + oneLine(failure.advice);
}

bool mayRetry(const Failure &failure)
{
    switch (failure.kind) {
    case FailureKind::Timeout:
    case FailureKind::Throttled:
    case FailureKind::Lost:
        return true;
    default:
        return false;
    }
}

} // namespace seatrial::domain
