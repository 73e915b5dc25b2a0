// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/dialogs/secret_dialog.h"

#include "gui/models/words.h"
#include "gui/widgets/notice.h"
#include "gui/widgets/paragraph.h"
#include "gui/widgets/words_label.h"

#include <QCheckBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include <algorithm>

namespace seatrial::gui {

using campaign::SecretQuestion;

namespace {

constexpr int kWidth = 500;
constexpr int kMostInstructionHeight = 150;
constexpr qsizetype kMostInstructionLength = 2000;
constexpr qsizetype kMostPromptLength = 120;
constexpr std::size_t kFieldsWithoutScrolling = 5;
constexpr int kScrolledHeight = 280;

// What a node says, line by line; escapes and control characters are made harmless.
QString shownLines(const std::string& text)
{
    QStringList lines;
    for (const auto& line : QString::fromStdString(text).left(kMostInstructionLength).split(QLatin1Char('\n')))
        lines << shown(line.toStdString());
    return lines.join(QLatin1Char('\n')).trimmed();
}

QScrollArea* scrolled(QWidget* inside, int height)
{
    auto* scroll = new QScrollArea;
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(inside);
    scroll->setFixedHeight(height);
    return scroll;
}

QString titleOf(const SecretQuestion& question)
{
    switch (question.kind) {
    case SecretQuestion::Kind::Passphrase: return SecretDialog::tr("This key needs its passphrase");
    case SecretQuestion::Kind::Password: return SecretDialog::tr("%1 asks for a password").arg(shown(question.node.text()));
    case SecretQuestion::Kind::Prompts: break;
    }
    return SecretDialog::tr("%1 asks before it lets you in").arg(shown(question.node.text()));
}

QString bodyOf(const SecretQuestion& question)
{
    switch (question.kind) {
    case SecretQuestion::Kind::Passphrase: return SecretDialog::tr("It opens the key on this computer and is sent nowhere. Asked once; the key stays open in memory until this window closes.");
    case SecretQuestion::Kind::Password: return SecretDialog::tr("Its host key was checked. Once accepted, the password serves the account named below and stays in memory until this window closes.");
    case SecretQuestion::Kind::Prompts: break;
    }
    return SecretDialog::tr("Its host key was checked. What you type goes to this node alone and is not kept.");
}

QString refusedText(SecretQuestion::Kind kind)
{
    return kind == SecretQuestion::Kind::Passphrase ? SecretDialog::tr("That passphrase does not open the key.") : SecretDialog::tr("The last answer was refused.");
}

} // namespace

SecretDialog::SecretDialog(const SecretQuestion& question, QWidget* parent) : QDialog(parent), m_mayBeEmpty(question.kind == SecretQuestion::Kind::Prompts)
{
    setWindowTitle(question.kind == SecretQuestion::Kind::Passphrase ? tr("Passphrase") : question.kind == SecretQuestion::Kind::Password ? tr("Password") : tr("Login"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(22, 18, 22, 18);
    layout->setSpacing(12);
    addWords(*layout, question);
    addFields(*layout, question);
    addKeeping(*layout, question);
    addButtons(*layout, question.kind);
    enableAnswer();
    if (!m_fields.isEmpty())
        m_fields.constFirst()->setFocus();
}

void SecretDialog::addWords(QVBoxLayout& layout, const SecretQuestion& question)
{
    layout.addWidget(new WordsLabel(titleOf(question), TypeRole::Title));
    auto* words = new WordsLabel(bodyOf(question), TypeRole::Body, &Theme::text2);
    words->wrapped().setMinimumWidth(kWidth);
    layout.addWidget(words);
    if (question.refusedBefore) {
        auto* refused = new Notice;
        refused->setObjectName(QStringLiteral("refused"));
        refused->say(State::Failed, refusedText(question.kind),
                     question.kind == SecretQuestion::Kind::Passphrase ? QString() : tr("Nodes lock out after few failures: three answers, then this login ends."));
        refused->setClosable(false);
        layout.addWidget(refused);
    }
    auto* facts = new QGridLayout;
    facts->setHorizontalSpacing(18);
    facts->setVerticalSpacing(6);
    facts->setColumnStretch(1, 1);
    const bool key = question.kind == SecretQuestion::Kind::Passphrase;
    const std::pair<QString, std::string> lines[] = {{key ? tr("Key file") : tr("Account"), question.subject}, {key ? tr("Needed for") : tr("Asked by"), question.node.text()}};
    int row = 0;
    for (const auto& [name, value] : lines) {
        auto* text = new WordsLabel(shown(value), TypeRole::Body);
        if (question.kind != SecretQuestion::Kind::Password)
            text->setFont(fixedFontFor(TypeRole::Body));
        text->wrapped();
        text->setObjectName(name);
        facts->addWidget(new WordsLabel(name, TypeRole::Body, &Theme::text3), row, 0, Qt::AlignTop);
        facts->addWidget(text, row++, 1);
    }
    layout.addLayout(facts);
    if (const QString said = shownLines(question.instruction); !said.isEmpty()) {
        layout.addWidget(new WordsLabel(tr("The node says"), TypeRole::Body, &Theme::text3));
        auto* paragraph = new Paragraph(TypeRole::Body);
        paragraph->setObjectName(QStringLiteral("instruction"));
        paragraph->setGround(&Theme::sunken);
        paragraph->setWords(said);
        layout.addWidget(scrolled(paragraph, std::min(paragraph->heightForWidth(kWidth), kMostInstructionHeight)));
    }
}

void SecretDialog::addFields(QVBoxLayout& layout, const SecretQuestion& question)
{
    auto* fields = new QWidget;
    auto* rows = new QVBoxLayout(fields);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(10);
    for (const auto& prompt : question.prompts) {
        QString text = shown(prompt.text).trimmed().left(kMostPromptLength);
        if (text.isEmpty())
            text = tr("(a prompt without words)");
        auto* label = new WordsLabel(QString(text).replace(QLatin1Char('&'), QStringLiteral("&&")), TypeRole::Body); // no shortcut of the node's choice
        label->setWordWrap(true);
        auto* field = new QLineEdit;
        field->setAccessibleName(text);
        field->setMaxLength(1024);
        if (!prompt.echo) {
            field->setEchoMode(QLineEdit::Password);
            field->setInputMethodHints(Qt::ImhHiddenText | Qt::ImhSensitiveData | Qt::ImhNoPredictiveText);
            m_hidden << field;
        }
        label->setBuddy(field);
        m_fields << field;
        auto* pair = new QVBoxLayout;
        pair->setSpacing(4);
        pair->addWidget(label);
        pair->addWidget(field);
        rows->addLayout(pair);
        connect(field, &QLineEdit::textChanged, this, &SecretDialog::enableAnswer);
    }
    layout.addWidget(question.prompts.size() > kFieldsWithoutScrolling ? static_cast<QWidget*>(scrolled(fields, kScrolledHeight)) : fields);
}

void SecretDialog::addKeeping(QVBoxLayout& layout, const SecretQuestion& question)
{
    auto* boxes = new QHBoxLayout;
    boxes->setSpacing(18);
    if (!m_hidden.isEmpty()) {
        auto* show = new QCheckBox(tr("&Show what I type"));
        show->setObjectName(QStringLiteral("show"));
        connect(show, &QCheckBox::toggled, this, [this](bool on) {
            for (auto* field : m_hidden)
                field->setEchoMode(on ? QLineEdit::Normal : QLineEdit::Password);
        });
        boxes->addWidget(show);
    }
    if (question.mayKeep) {
        m_keep = new QCheckBox(tr("&Keep in the system keychain"));
        m_keep->setObjectName(QStringLiteral("keep"));
        m_keep->setToolTip(tr("Kept once it was accepted; forgotten when it is refused later. Never written anywhere else."));
        boxes->addWidget(m_keep);
    }
    boxes->addStretch(1);
    layout.addLayout(boxes);
    if (!question.mayKeep && !question.whyNotKept.empty()) {
        auto* why = new WordsLabel(tr("Cannot be kept: %1").arg(shown(question.whyNotKept)), TypeRole::Small, &Theme::text3);
        why->setObjectName(QStringLiteral("whyNotKept"));
        why->wrapped();
        layout.addWidget(why);
    }
}

void SecretDialog::addButtons(QVBoxLayout& layout, SecretQuestion::Kind kind)
{
    auto* buttons = new QHBoxLayout;
    auto* cancel = new QPushButton(tr("Cancel"));
    m_send = new QPushButton(kind == SecretQuestion::Kind::Passphrase ? tr("Open key") : kind == SecretQuestion::Kind::Password ? tr("Log in") : tr("Answer"));
    cancel->setObjectName(QStringLiteral("cancel"));
    cancel->setToolTip(tr("No answer, for this node and for all others that need the same"));
    m_send->setObjectName(QStringLiteral("send"));
    cancel->setAutoDefault(false);
    m_send->setProperty("primary", true);
    m_send->setDefault(true);
    buttons->addWidget(cancel);
    buttons->addStretch(1);
    buttons->addWidget(m_send);
    layout.addSpacing(6);
    layout.addLayout(buttons);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_send, &QPushButton::clicked, this, [this] {
        m_accepted = true;
        accept();
    });
}

void SecretDialog::enableAnswer()
{
    const bool complete = std::ranges::all_of(m_fields, [](const QLineEdit* field) { return !field->text().isEmpty(); });
    m_send->setEnabled(m_mayBeEmpty || complete);
}

// Enter goes to the next field, and only from the last one to the node.
void SecretDialog::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
        const auto at = m_fields.indexOf(qobject_cast<QLineEdit*>(focusWidget()));
        if (at >= 0 && at + 1 < m_fields.size()) {
            m_fields[at + 1]->setFocus(Qt::TabFocusReason);
            return;
        }
    }
    QDialog::keyPressEvent(event);
}

std::optional<campaign::SecretAnswer> SecretDialog::takeAnswer()
{
    std::optional<campaign::SecretAnswer> answer;
    if (std::exchange(m_accepted, false)) {
        answer.emplace();
        answer->keep = m_keep && m_keep->isChecked();
        for (const auto* field : m_fields)
            answer->texts.push_back(field->text().toStdString());
    }
    for (auto* field : m_fields)
        field->clear();
    return answer;
}

} // namespace seatrial::gui
