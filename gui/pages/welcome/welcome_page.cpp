// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/pages/welcome/welcome_page.h"

#include "gui/pages/welcome/action_card.h"
#include "gui/theme/icons.h"
#include "gui/widgets/notice.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/words_label.h"

#include <QFileInfo>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

namespace seatrial::gui {

namespace {

WordsLabel* paragraph(const QString& text, Qt::Alignment alignment = {})
{
    auto* words = new WordsLabel(text, TypeRole::Body, &Theme::text2);
    words->wrapped();
    if (alignment)
        words->setAlignment(alignment);
    return words;
}

QString markText(ComputerLine::Mark mark)
{
    switch (mark) {
    case ComputerLine::Mark::Good: return QStringLiteral("✓");
    case ComputerLine::Mark::Bad: return QStringLiteral("!");
    case ComputerLine::Mark::Unknown:
    case ComputerLine::Mark::Neutral: break;
    }
    return QStringLiteral("–");
}

// A framed key with what it does.
QWidget* keyHint(const QString& key, const QString& what)
{
    auto* box = new QWidget;
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    row->addWidget(new KeyCap(key));
    row->addWidget(new WordsLabel(what, TypeRole::Row, &Theme::text2));
    return box;
}

} // namespace

WelcomePage::WelcomePage(QWidget* parent) : Page(parent)
{
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    outer->addWidget(scroll);
    auto* content = new QWidget;
    scroll->setWidget(content);
    auto* centred = new QHBoxLayout(content);
    centred->setContentsMargins(40, 36, 40, 24);
    auto* column = new QWidget;
    column->setMaximumWidth(1252);
    centred->addStretch(1);
    centred->addWidget(column, 1000);
    centred->addStretch(1);

    auto* rows = new QVBoxLayout(column);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(20);
    rows->addWidget(makeTitle());
    m_notice = new Notice;
    rows->addWidget(m_notice);

    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(20);
    grid->setVerticalSpacing(20);
    grid->setColumnStretch(0, 2);
    grid->setColumnStretch(1, 2);
    grid->setColumnStretch(2, 2);
    grid->addWidget(makeLabCard(), 0, 0, 1, 2);
    auto* inventory = new ActionCard(Icon::Import, tr("Open an inventory"),
                                     tr("Your own fleet: a YAML file with racks, nodes and their places. It is read and checked line by line, and nothing "
                                        "connects before a run is started."),
                                     tr("Choose file…"), QStringLiteral("Ctrl+I"));
    auto* stored = new ActionCard(Icon::File, tr("Open a store"), tr("Runs of before, with every measurement and the stream of each node as it came. Judged again each time it is opened."),
                                  tr("Open…"), QStringLiteral("Ctrl+O"));
    connect(inventory, &ActionCard::triggered, this, &WelcomePage::inventoryAsked);
    connect(stored, &ActionCard::triggered, this, &WelcomePage::storeAsked);
    grid->addWidget(inventory, 1, 0);
    grid->addWidget(stored, 1, 1);

    auto* computer = new Panel(tr("This computer"));
    m_computer = new QGridLayout;
    m_computer->setVerticalSpacing(9);
    m_computer->setHorizontalSpacing(10);
    m_computer->setColumnStretch(2, 1);
    computer->body().addLayout(m_computer);
    computer->body().addStretch(1);
    grid->addWidget(computer, 0, 2);
    auto* leaves = new Panel(tr("What a run leaves on a node"));
    leaves->body().addWidget(paragraph(tr("One folder with the engine, named by its content, below /var/tmp or the home folder, until it is cleaned "
                                          "(seatrialctl clean).\n\nNo root, no container, no service. Nodes open a port only to each other, while a pair or a group of them is measured.")));
    leaves->body().addStretch(1);
    grid->addWidget(leaves, 1, 2);
    grid->addWidget(makeRecent(), 2, 0, 1, 3);
    rows->addLayout(grid);
    rows->addStretch(1);
    rows->addWidget(makeFoot());
    setLab({});
    setComputer({{tr("SSH agent"), {}, {}, {}}, {tr("~/.ssh/config"), {}, {}, {}}, {tr("Test engine"), {}, {}, {}}, {tr("Disk for history"), {}, {}, {}}});
    setRecent({});
}

QWidget* WelcomePage::makeTitle()
{
    auto* head = new QWidget;
    auto* row = new QHBoxLayout(head);
    row->setContentsMargins(0, 0, 0, 4);
    row->setSpacing(20);
    auto* logo = new QLabel;
    logo->setPixmap(applicationIcon().pixmap(52, 52));
    row->addWidget(logo);
    auto* words = new QVBoxLayout;
    words->setSpacing(2);
    words->addWidget(new WordsLabel(QStringLiteral("Seatrial"), TypeRole::Display));
    auto* line = new WordsLabel(tr("Measure every node, judge it against limits that name their source."), TypeRole::Section, &Theme::text2);
    line->setWeight(QFont::Normal);
    words->addWidget(line);
    row->addLayout(words, 1);
    return head;
}

QWidget* WelcomePage::makeLabCard()
{
    auto* card = new LabCard;
    m_labCard = card;
    m_labWords = card->words();
    m_openLab = card->button();
    connect(m_openLab, &QPushButton::clicked, this, &WelcomePage::labAsked);
    return card;
}

void WelcomePage::setLab(const QString& inventory)
{
    const bool up = !inventory.isEmpty();
    m_openLab->setEnabled(up);
    m_labWords->setText(up ? tr("Nodes on this machine, each with its own network, sshd and disk, behind two leaf switches. What is measured there is real; only the "
                                "racks are imagined. It was found at %1.")
                                 .arg(inventory)
                           : tr("Nodes on this machine, each with its own network, sshd and disk. None is up now, and bringing one up needs root: the command ./run in the "
                                "project's folder does it and opens this window on it."));
}

Panel* WelcomePage::makeRecent()
{
    auto* panel = new Panel(tr("Recent"));
    m_recent = new QVBoxLayout;
    m_recent->setSpacing(2);
    panel->body().addLayout(m_recent);
    return panel;
}

void WelcomePage::setComputer(const QList<ComputerLine>& lines)
{
    while (auto* item = m_computer->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    int row = 0;
    for (const ComputerLine& line : lines) {
        auto* mark = new WordsLabel(markText(line.mark), TypeRole::Body, line.mark == ComputerLine::Mark::Bad ? &Theme::text : &Theme::accentInk);
        mark->setWeight(QFont::DemiBold);
        auto* name = new WordsLabel(line.name, TypeRole::Body);
        name->setWeight(QFont::Medium);
        auto* value = new WordsLabel(line.value, TypeRole::Body, &Theme::text2);
        value->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        for (WordsLabel* label : {mark, name, value})
            label->setToolTip(line.detail);
        m_computer->addWidget(mark, row, 0);
        m_computer->addWidget(name, row, 1);
        m_computer->addWidget(value, row++, 2);
    }
}

void WelcomePage::setRecent(const QList<RecentFile>& files)
{
    while (auto* item = m_recent->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    for (const RecentFile& file : files) {
        auto* entry = new RecentButton(file, QFileInfo::exists(file.file));
        connect(entry, &QAbstractButton::clicked, this, [this, file] { emit recentChosen(file); });
        m_recent->addWidget(entry);
    }
    if (files.isEmpty())
        m_recent->addWidget(paragraph(tr("Nothing yet. Inventories and stores you open appear here.")));
}

QWidget* WelcomePage::makeFoot()
{
    auto* foot = new QWidget;
    auto* row = new QHBoxLayout(foot);
    row->setContentsMargins(0, 6, 0, 0);
    row->setSpacing(26);
    row->addWidget(keyHint(QStringLiteral("?"), tr("all keys")));
    row->addWidget(keyHint(QStringLiteral("."), tr("next problem")));
    row->addWidget(keyHint(QStringLiteral("F"), tr("fit the racks")));
    row->addWidget(keyHint(QStringLiteral("Ctrl+R"), tr("start a run")));
    row->addStretch(1);
    return foot;
}

} // namespace seatrial::gui
