// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>

#ifndef Q_MOC_RUN // moc of Qt 6.4 does not parse <concepts>
#include "core/campaign/questions.h"
#endif

class QCheckBox;
class QGridLayout;
class QLineEdit;
class QPushButton;
class QVBoxLayout;

namespace seatrial::gui {

// Something that only the person knows: a passphrase, a password, or whatever a node asks by its prompts. Says who asks
// and for what; a field for each prompt, hidden unless the node says that it may be seen.
class SecretDialog : public QDialog {
    Q_OBJECT

public:
    explicit SecretDialog(const campaign::SecretQuestion& question, QWidget* parent = nullptr);

    // Once; nothing if the person cancelled. The fields are empty afterwards.
    std::optional<campaign::SecretAnswer> takeAnswer();

protected:
    void keyPressEvent(QKeyEvent* event) override;

private:
    void addWords(QVBoxLayout& layout, const campaign::SecretQuestion& question);
    void addFields(QVBoxLayout& layout, const campaign::SecretQuestion& question);
    void addKeeping(QVBoxLayout& layout, const campaign::SecretQuestion& question);
    void addButtons(QVBoxLayout& layout, campaign::SecretQuestion::Kind kind);
    void enableAnswer();

    QList<QLineEdit*> m_fields;
    QList<QLineEdit*> m_hidden;
    QCheckBox* m_keep = nullptr;
    QPushButton* m_send = nullptr;
    bool m_mayBeEmpty;
    bool m_accepted = false;
};

} // namespace seatrial::gui
