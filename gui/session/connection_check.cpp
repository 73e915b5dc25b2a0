// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/session/connection_check.h"

#include <utility>

namespace seatrial::gui {

namespace {

constexpr int kAtOnce = 32; // ways being tried; more only wait for the same network

} // namespace

ConnectionCheck::ConnectionCheck(const Tools& tools, QuestionDesk& questions, QObject* parent) : QObject(parent), m_tools(tools), m_questions(questions) {}

ConnectionCheck::~ConnectionCheck()
{
    ++m_generation;
    finish();
}

void ConnectionCheck::finish()
{
    if (!m_thread.joinable())
        return;
    m_cancelled = true;
    m_questions.close(); // whoever waits for an answer gets one
    m_thread.join();
    const std::scoped_lock lock(m_mutex);
    m_news.clear();
}

void ConnectionCheck::start(std::vector<domain::Node> nodes)
{
    ++m_generation;
    finish();
    m_cancelled = false;
    m_questions.open();
    m_thread = std::thread([this, generation = m_generation, nodes = std::move(nodes)] {
        work(nodes);
        QMetaObject::invokeMethod(
            this,
            [this, generation] {
                if (generation != m_generation)
                    return;
                deliver();
                m_thread.join();
                m_questions.close();
                emit ended(m_cancelled);
            },
            Qt::QueuedConnection);
    });
}

void ConnectionCheck::stop()
{
    if (!isRunning())
        return;
    m_cancelled = true;
    m_questions.close();
}

void ConnectionCheck::work(const std::vector<domain::Node>& nodes)
{
    const auto deployer = m_tools.deployer();
    if (!deployer) {
        QMetaObject::invokeMethod(this, [this, failure = deployer.error()] { emit failed(failure); }, Qt::QueuedConnection);
        return;
    }
    const auto links = m_tools.links();
    campaign::preflight(*links, **deployer, m_questions, nodes, kAtOnce, [this](const campaign::Ladder& ladder) { take(ladder); }, m_cancelled);
}

void ConnectionCheck::take(const campaign::Ladder& ladder)
{
    const std::scoped_lock lock(m_mutex);
    const bool first = m_news.empty();
    m_news.insert_or_assign(ladder.node, ladder);
    if (first) // what comes until the window has time for it goes along
        QMetaObject::invokeMethod(this, [this] { deliver(); }, Qt::QueuedConnection);
}

void ConnectionCheck::deliver()
{
    std::vector<campaign::Ladder> news;
    {
        const std::scoped_lock lock(m_mutex);
        for (auto& [node, ladder] : std::exchange(m_news, {}))
            news.push_back(std::move(ladder));
    }
    if (!news.empty())
        emit changed(news);
}

} // namespace seatrial::gui
