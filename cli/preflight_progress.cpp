// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/print.h"
#include "cli/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

namespace seatrial::cli {

using namespace std::chrono_literals;

PreflightProgress::PreflightProgress(std::size_t nodes)
    : m_nodes(nodes), m_terminal(isatty(STDERR_FILENO)), m_next(std::chrono::steady_clock::now() + (m_terminal ? 0s : 10s))
{
}

void PreflightProgress::told(const campaign::Ladder &ladder)
{
    const std::scoped_lock lock(m_mutex);
    if (ladder.over) {
        ++m_over;
        const auto state = ladder.state();
        m_troubled += state != campaign::RungState::Passed && state != campaign::RungState::NotPresent;
    }
    const auto now = std::chrono::steady_clock::now();
    if (m_paused || now < m_next || m_over == m_nodes)
        return;
    m_next = now + (m_terminal ? std::chrono::milliseconds(250) : std::chrono::milliseconds(10'000));
    show();
}

void PreflightProgress::show()
{
    clear();
    print(stderr, "{} of {} nodes, {} with trouble{}", m_over, m_nodes, m_troubled, m_terminal ? "" : "\n");
    std::fflush(stderr);
    m_shown = m_terminal;
}

void PreflightProgress::clear()
{
    if (m_shown)
        print(stderr, "\r\033[K");
    m_shown = false;
}

void PreflightProgress::pause()
{
    const std::scoped_lock lock(m_mutex);
    clear();
    m_paused = true;
}

void PreflightProgress::resume()
{
    const std::scoped_lock lock(m_mutex);
    m_paused = false;
    m_next = {};
}

void PreflightProgress::finish()
{
    const std::scoped_lock lock(m_mutex);
    clear();
}

} // namespace seatrial::cli
