// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/dialogs/host_key_dialog.h"

#include "gui/models/words.h"
#include "gui/widgets/words_label.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

namespace seatrial::gui {

using campaign::HostKeyAnswer;

HostKeyDialog::HostKeyDialog(const campaign::HostKeyQuestion& question, QWidget* parent) : QDialog(parent)
{
    setWindowTitle(tr("Unknown host key"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(22, 18, 22, 18);
    layout->setSpacing(12);
    layout->addWidget(new WordsLabel(tr("Is this really %1?").arg(shown(question.node.text())), TypeRole::Title));
    auto* words = new WordsLabel(tr("Its host key is in no known_hosts file yet. Compare the fingerprint with what the node itself says "
                                    "(ssh-keygen -lf /etc/ssh/ssh_host_…_key.pub at its console) before you trust it."),
                                 TypeRole::Body, &Theme::text2);
    words->wrapped().setMinimumWidth(500);
    layout->addWidget(words);
    if (!question.note.empty()) {
        auto* note = new WordsLabel(shown(question.note), TypeRole::Body, &Theme::text2);
        note->setObjectName(QStringLiteral("note"));
        note->wrapped();
        layout->addWidget(note);
    }

    auto* facts = new QGridLayout;
    facts->setHorizontalSpacing(18);
    facts->setVerticalSpacing(6);
    facts->setColumnStretch(1, 1);
    const std::pair<QString, std::string> lines[] = {{tr("Host"), question.host}, {tr("Key type"), question.keyType}, {tr("Fingerprint"), question.fingerprint}, {tr("Would be saved in"), question.knownHosts}};
    int row = 0;
    for (const auto& [name, value] : lines) {
        auto* text = new WordsLabel(shown(value), TypeRole::Body);
        text->setFont(fixedFontFor(TypeRole::Body));
        text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        text->setObjectName(name);
        facts->addWidget(new WordsLabel(name, TypeRole::Body, &Theme::text3), row, 0);
        facts->addWidget(text, row++, 1);
    }
    layout->addLayout(facts);

    auto* buttons = new QHBoxLayout;
    auto* save = new QPushButton(tr("Trust and save"));
    auto* once = new QPushButton(tr("Trust once"));
    auto* refuse = new QPushButton(tr("Refuse"));
    save->setObjectName(QStringLiteral("save"));
    once->setObjectName(QStringLiteral("once"));
    refuse->setObjectName(QStringLiteral("refuse"));
    once->setToolTip(tr("For this run only; nothing is written down"));
    refuse->setProperty("primary", true);
    refuse->setDefault(true);
    save->setAutoDefault(false);
    once->setAutoDefault(false);
    buttons->addWidget(save);
    buttons->addWidget(once);
    buttons->addStretch(1);
    buttons->addWidget(refuse);
    layout->addSpacing(6);
    layout->addLayout(buttons);
    connect(save, &QPushButton::clicked, this, [this] { finish(HostKeyAnswer::TrustAndSave); });
    connect(once, &QPushButton::clicked, this, [this] { finish(HostKeyAnswer::TrustOnce); });
    connect(refuse, &QPushButton::clicked, this, [this] { finish(HostKeyAnswer::Refuse); });
    refuse->setFocus();
}

void HostKeyDialog::finish(HostKeyAnswer answer)
{
    m_answer = answer;
    done(answer == HostKeyAnswer::Refuse ? Rejected : Accepted);
}

} // namespace seatrial::gui
