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
#include <variant>

namespace seatrial::gui {

// Where worker threads wait for a person's answer. One question lies open at a time; the others wait behind it. A
// closed desk refuses at once.
class QuestionDesk : public QObject, public campaign::Questions {
    Q_OBJECT

public:
    explicit QuestionDesk(QObject* parent = nullptr);
    ~QuestionDesk() override;

    // From worker threads: block until answered or closed.
    campaign::HostKeyAnswer ask(const campaign::HostKeyQuestion& question) override;
    std::optional<campaign::SecretAnswer> askSecret(const campaign::SecretQuestion& question) override;

    // The open question, which has to be of that kind.
    void answer(campaign::HostKeyAnswer answer);
    void answer(std::optional<campaign::SecretAnswer> answer);
    void open();
    void close(); // refuses whatever waits

signals:
    void asked(const seatrial::campaign::HostKeyQuestion& question);
    void secretAsked(const seatrial::campaign::SecretQuestion& question);
    void closed(); // nobody waits for an answer any more

private:
    using Answer = std::variant<campaign::HostKeyAnswer, std::optional<campaign::SecretAnswer>>;
    struct Slot {
        std::variant<campaign::HostKeyQuestion, campaign::SecretQuestion> question;
        Answer answer; // a refusal, as long as there is no other
        int number = 0;
        bool answered = false;
    };
    void await(Slot& slot);
    void finish(Answer answer);
    void present(); // with the mutex held
    bool isOpen(int number);

    std::mutex m_mutex;
    std::condition_variable m_answered;
    std::deque<Slot*> m_waiting; // the first one is open
    int m_questions = 0;
    bool m_closed = false;
};

} // namespace seatrial::gui

Q_DECLARE_METATYPE(seatrial::campaign::HostKeyQuestion)
Q_DECLARE_METATYPE(seatrial::campaign::SecretQuestion)
