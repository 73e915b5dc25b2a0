// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/terminal.h"
#include "cli/print.h"

#include "core/domain/node_set.h"
#include "core/protocol/codec.h"
#include "core/report/number.h"
#include "core/report/table.h"

#include <cstdio>
#include <ctime>
#include <sstream>
#include <utility>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <unistd.h>

namespace seatrial::cli {

using namespace std::chrono_literals;

namespace {

std::string clockTime(double wallSeconds)
{
    const auto seconds = static_cast<std::time_t>(wallSeconds);
    std::tm parts{};
    localtime_r(&seconds, &parts);
    return fmt::format("{:02}:{:02}:{:02}", parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string minutes(double seconds)
{
    if (seconds < 90)
        return fmt::format("{:.0f} s", seconds);
    return fmt::format("{:.0f} min", seconds / 60);
}

} // namespace

campaign::HostKeyAnswer TerminalQuestions::ask(const campaign::HostKeyQuestion &question)
{
    const std::scoped_lock lock(m_mutex);
    if (m_refusing)
        return campaign::HostKeyAnswer::Refuse;
    if (m_acceptNew)
        return campaign::HostKeyAnswer::TrustAndSave;
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
        m_notAsked.push_back(question.node);
        return campaign::HostKeyAnswer::Refuse;
    }
    if (m_beside)
        m_beside->pause();
    const auto said = askPerson(question);
    if (m_beside)
        m_beside->resume();
    return said;
}

campaign::HostKeyAnswer TerminalQuestions::askPerson(const campaign::HostKeyQuestion &question) const
{
    print(stderr,
               "\n{}: the host key of {} is not known.\n  {} {}\n{}Compare the fingerprint with the node's own: ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub\n"
               "[y] trust and add to {}, [o] trust for this run, [n] refuse: ",
               question.node.text(), question.host, question.keyType, question.fingerprint,
               question.note.empty() ? std::string() : report::printable(question.note) + "\n", question.knownHosts);
    const std::string said = answer();
    if (said.starts_with('y') || said.starts_with('Y'))
        return campaign::HostKeyAnswer::TrustAndSave;
    if (said.starts_with('o') || said.starts_with('O'))
        return campaign::HostKeyAnswer::TrustOnce;
    return campaign::HostKeyAnswer::Refuse;
}

std::optional<campaign::SecretAnswer> TerminalQuestions::askSecret(const campaign::SecretQuestion &question)
{
    const std::scoped_lock lock(m_mutex);
    if (m_refusing)
        return std::nullopt;
    const auto terminal = Tty::open();
    if (!terminal) {
        if (question.kind == campaign::SecretQuestion::Kind::Passphrase)
            m_lockedKeys.insert(question.subject);
        else
            m_notAnswered.push_back(question.node);
        return std::nullopt;
    }
    if (m_beside)
        m_beside->pause();
    auto answer = askSecretAt(*terminal, question);
    if (m_beside)
        m_beside->resume();
    return answer;
}

std::optional<campaign::SecretAnswer> TerminalQuestions::askSecretAt(const Tty &terminal, const campaign::SecretQuestion &question) const
{
    using Kind = campaign::SecretQuestion::Kind;
    const std::string subject = report::printable(question.subject);
    if (question.refusedBefore)
        terminal.say("\nThat was refused.");
    if (question.kind == Kind::Passphrase)
        terminal.say(fmt::format("\nThe key {} needs its passphrase, to log in to {}. An empty line gives none.\n", subject, question.node.text()));
    else if (question.kind == Kind::Password)
        terminal.say(fmt::format("\nPassword of {}, asked for by {}. An empty line gives none.\n", subject, question.node.text()));
    else
        terminal.say(fmt::format("\n{} asks {}. An empty line gives no answer.\n", question.node.text(), subject));
    std::istringstream said(question.instruction);
    for (std::string line; std::getline(said, line);)
        terminal.say("  " + report::printable(line) + "\n");

    campaign::SecretAnswer answer;
    for (const auto &prompt : question.prompts) {
        terminal.say(report::printable(prompt.text) + (prompt.text.ends_with(' ') ? "" : " "));
        auto line = terminal.line(prompt.echo, m_refusing);
        if (!line || line->empty())
            return std::nullopt;
        answer.texts.push_back(std::move(*line));
    }
    return answer;
}

void TerminalQuestions::adviseOnRefused()
{
    const std::scoped_lock lock(m_mutex);
    for (const auto &key : m_lockedKeys)
        print(stderr, "The passphrase of {} was not asked for: there is no terminal to ask at. Run at one, or load the key into an agent before: ssh-add {}\n", report::printable(key), report::printable(key));
    if (!m_notAnswered.empty())
        print(stderr, "What {} asked at the login was not answered: there is no terminal to ask at. Run at one, or let this user log in by key: ssh-copy-id\n", domain::foldNodeSet(m_notAnswered));
    if (m_notAsked.empty())
        return;
    print(stderr, "Unknown host keys of {} were refused, for there is no terminal to ask at. Run at one, or with --accept-new-host-keys to add them unasked.\n",
          domain::foldNodeSet(m_notAsked));
}

/// A line of the terminal; empty once nothing more shall be asked.
std::string TerminalQuestions::answer() const
{
    pollfd input{STDIN_FILENO, POLLIN, 0};
    while (!m_refusing && poll(&input, 1, 100) == 0) {
    }
    char line[64] = {};
    if (m_refusing || read(STDIN_FILENO, line, sizeof line - 1) <= 0)
        return {};
    return line;
}

TerminalObserver::TerminalObserver(bool json) : m_json(json), m_terminal(isatty(STDERR_FILENO)) {}

void TerminalObserver::said(const campaign::LogLine &line)
{
    const std::scoped_lock lock(m_mutex);
    if (m_json) {
        nlohmann::ordered_json json;
        json["type"] = "log";
        json["time"] = report::isoTime(line.wallSeconds);
        json["severity"] = std::string(protocol::severityText(line.severity));
        json["nodes"] = nlohmann::json::array();
        for (const auto &node : line.nodes)
            json["nodes"].push_back(node.text());
        json["text"] = line.text;
        print(stdout, "{}\n", json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
        std::fflush(stdout);
    }
    // A fleet speaks as one line where many nodes say the same.
    if (m_holding && m_held.text == line.text && m_held.severity == line.severity) {
        m_held.nodes.insert(m_held.nodes.end(), line.nodes.begin(), line.nodes.end());
        return;
    }
    flushHeld();
    m_held = line;
    m_holding = true;
}

void TerminalObserver::flushHeld()
{
    if (!m_holding)
        return;
    m_holding = false;
    if (m_paused)
        m_waiting.push_back(std::move(m_held));
    else
        write(m_held);
}

void TerminalObserver::write(const campaign::LogLine &line)
{
    clearStatus();
    const char *mark = line.severity == protocol::Severity::Error ? "error  " : line.severity == protocol::Severity::Warning ? "warning " : "";
    const std::string who = line.nodes.empty() ? std::string() : domain::foldNodeSet(line.nodes) + ": ";
    std::string text = report::printable(line.text);
    // Failures name their node themselves.
    if (line.nodes.size() == 1 && text.find(line.nodes.front().text()) != std::string::npos)
        print(stderr, "{}  {}{}\n", clockTime(line.wallSeconds), mark, text);
    else
        print(stderr, "{}  {}{}{}\n", clockTime(line.wallSeconds), mark, who, text);
}

void TerminalObserver::clearStatus()
{
    if (m_statusShown)
        print(stderr, "\r\033[K");
    m_statusShown = false;
}

void TerminalObserver::published(std::shared_ptr<const campaign::Snapshot> snapshot)
{
    const std::scoped_lock lock(m_mutex);
    const auto now = std::chrono::steady_clock::now();
    flushHeld();
    // A pause begins or ends between two of the times below, and then nothing may happen for long: it is told at once.
    const bool turned = std::exchange(m_runPaused, snapshot->pause.has_value()) != snapshot->pause.has_value();
    if (m_json && (turned || now >= m_nextJson || snapshot->finished)) {
        m_nextJson = now + 1s;
        writeJson(*snapshot);
    }
    if (m_paused || (!turned && now < m_nextStatus) || snapshot->finished)
        return;
    m_nextStatus = now + (m_terminal ? std::chrono::milliseconds(250) : std::chrono::milliseconds(10000));
    showStatus(*snapshot);
}

void TerminalObserver::showStatus(const campaign::Snapshot &snapshot)
{
    int working = 0;
    std::string example;
    for (const auto &node : snapshot.nodes) {
        if (node.phase != campaign::NodePhase::Working)
            continue;
        ++working;
        if (example.empty())
            example = node.node.text() + " " + node.doing;
    }
    std::string left = "time left not known yet";
    if (snapshot.left)
        left = snapshot.left->stepsFinished > 0 ? fmt::format("about {} left, from {} finished {}", minutes(snapshot.left->seconds), snapshot.left->stepsFinished,
                                                              snapshot.left->stepsFinished == 1 ? "step" : "steps")
                                                : fmt::format("about {} by plan", minutes(snapshot.left->seconds));
    if (snapshot.pause)
        left = "paused, kill -USR2 " + std::to_string(getpid()) + " continues";
    const std::string text = fmt::format("{} of {} steps, {} working{}; {}", snapshot.stepsDone, snapshot.stepsPlanned, working,
                                         example.empty() ? "" : " (" + example + ")", left);
    clearStatus();
    print(stderr, "{}{}", text, m_terminal ? "" : "\n");
    std::fflush(stderr);
    m_statusShown = m_terminal;
}

void TerminalObserver::writeJson(const campaign::Snapshot &snapshot)
{
    nlohmann::ordered_json json;
    json["type"] = "progress";
    json["elapsed_s"] = snapshot.elapsedSeconds;
    json["steps_done"] = snapshot.stepsDone;
    json["steps_planned"] = snapshot.stepsPlanned;
    json["left_s"] = snapshot.left ? nlohmann::ordered_json(snapshot.left->seconds) : nlohmann::ordered_json(nullptr);
    json["paused"] = snapshot.pause.has_value();
    auto &nodes = json["nodes"] = nlohmann::ordered_json::object();
    for (const auto &node : snapshot.nodes)
        nodes[node.node.text()] = node.doing;
    print(stdout, "{}\n", json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    std::fflush(stdout);
}

void TerminalObserver::pause()
{
    const std::scoped_lock lock(m_mutex);
    flushHeld();
    clearStatus();
    m_paused = true;
}

void TerminalObserver::resume()
{
    const std::scoped_lock lock(m_mutex);
    m_paused = false;
    for (const auto &line : m_waiting)
        write(line);
    m_waiting.clear();
}

void TerminalObserver::finish()
{
    const std::scoped_lock lock(m_mutex);
    flushHeld();
    clearStatus();
}

} // namespace seatrial::cli
