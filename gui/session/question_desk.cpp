// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/session/question_desk.h"

namespace seatrial::gui {

using campaign::HostKeyAnswer;
using campaign::HostKeyQuestion;
using campaign::SecretAnswer;
using campaign::SecretQuestion;

QuestionDesk::QuestionDesk(QObject* parent) : QObject(parent) {}

QuestionDesk::~QuestionDesk() { close(); }

HostKeyAnswer QuestionDesk::ask(const HostKeyQuestion& question)
{
    Slot slot{question, HostKeyAnswer::Refuse};
    await(slot);
    return std::get<HostKeyAnswer>(slot.answer);
}

std::optional<SecretAnswer> QuestionDesk::askSecret(const SecretQuestion& question)
{
    Slot slot{question, std::optional<SecretAnswer>()};
    await(slot);
    return std::get<std::optional<SecretAnswer>>(std::move(slot.answer));
}

void QuestionDesk::await(Slot& slot)
{
    std::unique_lock lock(m_mutex);
    if (m_closed)
        return;
    slot.number = ++m_questions;
    m_waiting.push_back(&slot);
    if (m_waiting.size() == 1)
        present();
    m_answered.wait(lock, [&slot] { return slot.answered; });
}

void QuestionDesk::present()
{
    const Slot& slot = *m_waiting.front();
    const auto tell = [this, question = slot.question, number = slot.number] {
        if (!isOpen(number)) // closed in the meantime
            return;
        if (const auto* secret = std::get_if<SecretQuestion>(&question))
            emit secretAsked(*secret);
        else
            emit asked(std::get<HostKeyQuestion>(question));
    };
    QMetaObject::invokeMethod(this, tell, Qt::QueuedConnection);
}

bool QuestionDesk::isOpen(int number)
{
    const std::scoped_lock lock(m_mutex);
    return !m_waiting.empty() && m_waiting.front()->number == number;
}

void QuestionDesk::answer(HostKeyAnswer answer) { finish(answer); }

void QuestionDesk::answer(std::optional<SecretAnswer> answer) { finish(std::move(answer)); }

void QuestionDesk::finish(Answer answer)
{
    const std::scoped_lock lock(m_mutex);
    if (m_waiting.empty() || m_waiting.front()->answer.index() != answer.index())
        return;
    m_waiting.front()->answer = std::move(answer);
    m_waiting.front()->answered = true;
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
            slot->answered = true;
        m_waiting.clear();
        m_answered.notify_all();
    }
    emit closed();
}

} // namespace seatrial::gui
