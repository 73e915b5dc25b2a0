// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/session/question_desk.h"

namespace seatrial::gui {

using campaign::HostKeyAnswer;

QuestionDesk::QuestionDesk(QObject* parent) : QObject(parent) {}

QuestionDesk::~QuestionDesk() { close(); }

std::optional<campaign::SecretAnswer> QuestionDesk::askSecret(const campaign::SecretQuestion&)
{
    return std::nullopt;
}

HostKeyAnswer QuestionDesk::ask(const campaign::HostKeyQuestion& question)
{
    Slot slot{question, std::nullopt};
    std::unique_lock lock(m_mutex);
    if (m_closed)
        return HostKeyAnswer::Refuse;
    m_waiting.push_back(&slot);
    if (m_waiting.size() == 1)
        present();
    m_answered.wait(lock, [&slot] { return slot.answer.has_value(); });
    return *slot.answer;
}

void QuestionDesk::present()
{
    QMetaObject::invokeMethod(this, [this, question = m_waiting.front()->question] { emit asked(question); }, Qt::QueuedConnection);
}

void QuestionDesk::answer(HostKeyAnswer answer)
{
    const std::scoped_lock lock(m_mutex);
    if (m_waiting.empty())
        return;
    m_waiting.front()->answer = answer;
    m_waiting.pop_front();
    if (!m_waiting.empty())
        present();
    m_answered.notify_all();
}

void QuestionDesk::open()
{
    const std::scoped_lock lock(m_mutex);
    m_closed = false;
}

void QuestionDesk::close()
{
    {
        const std::scoped_lock lock(m_mutex);
        m_closed = true;
        for (Slot* slot : m_waiting)
            slot->answer = HostKeyAnswer::Refuse;
        m_waiting.clear();
        m_answered.notify_all();
    }
    emit closed();
}

} // namespace seatrial::gui
