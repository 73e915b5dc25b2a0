// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#ifndef Q_MOC_RUN // moc of Qt 6.4 does not parse <concepts>
#include "core/campaign/questions.h"
#endif

#include <QObject>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

namespace seatrial::gui {

// Where worker threads wait for a person's answer. One question lies open at a time; the others wait behind it. A
// closed desk refuses at once.
class QuestionDesk : public QObject, public campaign::Questions {
    Q_OBJECT

public:
    explicit QuestionDesk(QObject* parent = nullptr);
    ~QuestionDesk() override;

    // From worker threads: blocks until answered or closed.
    campaign::HostKeyAnswer ask(const campaign::HostKeyQuestion& question) override;

    std::optional<campaign::SecretAnswer> askSecret(const campaign::SecretQuestion& question) override;

    void answer(campaign::HostKeyAnswer answer); // the open question
    void open();
    void close(); // refuses whatever waits

signals:
    void asked(const seatrial::campaign::HostKeyQuestion& question);
    void closed(); // nobody waits for an answer any more

private:
    struct Slot {
        campaign::HostKeyQuestion question;
        std::optional<campaign::HostKeyAnswer> answer;
    };
    void present(); // with the mutex held

    std::mutex m_mutex;
    std::condition_variable m_answered;
    std::deque<Slot*> m_waiting; // the first one is open
    bool m_closed = false;
};

} // namespace seatrial::gui

Q_DECLARE_METATYPE(seatrial::campaign::HostKeyQuestion)
