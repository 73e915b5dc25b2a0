// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/dialogs/add_nodes_dialog.h"

#include "gui/widgets/words_label.h"

#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace seatrial::gui {

using domain::EntryField;

namespace {

constexpr int restMilliseconds = 300;

} // namespace

AddNodesDialog::AddNodesDialog(const Offer& offer, NodesCheck check, QWidget* parent) : QDialog(parent), m_offer(offer), m_check(std::move(check))
{
    setWindowTitle(tr("Add nodes"));
    setMinimumWidth(560);
    auto* rows = new QVBoxLayout(this);
    rows->setContentsMargins(22, 18, 22, 18);
    rows->setSpacing(12);
    rows->addWidget(new WordsLabel(tr("Add nodes"), TypeRole::Title));
    auto* words = new WordsLabel(tr("One node, or a row of them like n[01-16]. They are written into the inventory; nothing connects to them before a run is started."), TypeRole::Row, &Theme::text2);
    words->wrapped();
    rows->addWidget(words);
    auto* form = new QFormLayout;
    form->setHorizontalSpacing(14);
    form->setVerticalSpacing(4);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    form->addRow(tr("Inventory"), makeFile(*form));
    addProblem(*form, EntryField::File);
    addField(*form, EntryField::Name, tr("Name"), tr("r07n[01-16]"), tr("Name of the node, or of a row of nodes"));
    addField(*form, EntryField::Address, tr("Address"), tr("10.7.0.[1-16]; the name if empty"), tr("Host name, IP address or a Host of your SSH configuration"));
    m_rack = new QComboBox;
    m_rack->setEditable(true);
    m_rack->addItem(QString());
    m_rack->addItems(m_offer.racks);
    m_rack->setAccessibleName(tr("Rack"));
    m_rack->lineEdit()->setPlaceholderText(tr("none: without a place"));
    form->addRow(tr("Rack"), m_rack);
    addProblem(*form, EntryField::Rack);
    addField(*form, EntryField::Unit, tr("Unit"), tr("lowest unit of the first, from 1 at the bottom"), tr("Lowest rack unit of the first node"));
    addField(*form, EntryField::Height, tr("Height"), tr("units that each takes; 1 if empty"), tr("Rack units that each node takes"));
    form->addRow(new WordsLabel(tr("Login; what is left empty comes from the inventory and your SSH configuration"), TypeRole::Row, &Theme::text2));
    addField(*form, EntryField::User, tr("User"), {}, tr("Account to log in with"));
    addField(*form, EntryField::Port, tr("Port"), tr("22"), tr("Port of SSH"));
    addField(*form, EntryField::Identity, tr("Identity"), tr("~/.ssh/id_ed25519"), tr("Private key file; the key itself is not read here"));
    addField(*form, EntryField::Jump, tr("Jump"), tr("ops@gate:22, or none"), tr("Hosts to go through, with commas between them"));
    rows->addLayout(form);
    m_summary = new WordsLabel(TypeRole::Row, &Theme::text2);
    m_summary->wrapped();
    rows->addWidget(m_summary);
    auto* buttons = new QHBoxLayout;
    m_add = new QPushButton(tr("Add"));
    m_add->setObjectName(QStringLiteral("add"));
    m_add->setProperty("primary", true);
    m_add->setDefault(true);
    auto* cancel = new QPushButton(tr("Cancel"));
    cancel->setAutoDefault(false);
    buttons->addStretch(1);
    buttons->addWidget(cancel);
    buttons->addWidget(m_add);
    rows->addLayout(buttons);
    m_soon.setSingleShot(true);
    m_soon.setInterval(restMilliseconds);
    connect(&m_soon, &QTimer::timeout, this, [this] { this->check(); });
    connect(m_rack, &QComboBox::editTextChanged, &m_soon, qOverload<>(&QTimer::start));
    connect(m_add, &QPushButton::clicked, this, [this] {
        if (this->check())
            accept();
    });
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    targetChanged();
    m_fields.at(EntryField::Name)->setFocus();
}

QWidget* AddNodesDialog::makeFile(QFormLayout&)
{
    auto* box = new QWidget;
    auto* rows = new QVBoxLayout(box);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(4);
    m_target = new QComboBox;
    m_target->setAccessibleName(tr("Inventory"));
    if (!m_offer.inventory.isEmpty())
        m_target->addItem(tr("%1, which is open").arg(QFileInfo(m_offer.inventory).fileName()));
    m_target->addItem(tr("A new one"));
    rows->addWidget(m_target);
    auto* row = new QHBoxLayout;
    m_file = new QLineEdit;
    m_file->setObjectName(QStringLiteral("file"));
    m_file->setAccessibleName(tr("File of the inventory"));
    auto* browse = new QPushButton(tr("Choose…"));
    browse->setAutoDefault(false);
    row->addWidget(m_file, 1);
    row->addWidget(browse);
    rows->addLayout(row);
    connect(m_target, &QComboBox::currentIndexChanged, this, &AddNodesDialog::targetChanged);
    connect(m_file, &QLineEdit::textChanged, &m_soon, qOverload<>(&QTimer::start));
    connect(browse, &QPushButton::clicked, this, &AddNodesDialog::browse);
    return box;
}

void AddNodesDialog::targetChanged()
{
    const bool open = !m_offer.inventory.isEmpty() && m_target->currentIndex() == 0;
    m_file->setText(open ? m_offer.inventory : m_offer.newFile);
    m_file->setReadOnly(open);
    m_file->setCursorPosition(0);
    m_soon.start();
}

void AddNodesDialog::browse()
{
    const QString file = QFileDialog::getSaveFileName(this, tr("Where the inventory is kept"), m_file->text(), tr("Inventories (*.yaml *.yml)"), nullptr, QFileDialog::DontConfirmOverwrite);
    if (file.isEmpty())
        return;
    m_target->setCurrentIndex(m_target->count() - 1);
    m_file->setText(file);
}

QLineEdit* AddNodesDialog::addField(QFormLayout& form, EntryField field, const QString& label, const QString& hint, const QString& explained)
{
    auto* edit = new QLineEdit;
    edit->setPlaceholderText(hint);
    edit->setAccessibleName(label);
    edit->setAccessibleDescription(explained);
    edit->setToolTip(explained);
    edit->setObjectName(label.toLower());
    edit->setMaxLength(4000);
    form.addRow(label, edit);
    addProblem(form, field);
    m_fields[field] = edit;
    connect(edit, &QLineEdit::textChanged, &m_soon, qOverload<>(&QTimer::start));
    return edit;
}

void AddNodesDialog::addProblem(QFormLayout& form, EntryField field)
{
    auto* problem = new WordsLabel(TypeRole::Row, &Theme::accentInk);
    problem->setWeight(QFont::DemiBold);
    problem->wrapped();
    problem->hide();
    form.addRow(QString(), problem);
    m_problems[field] = problem;
}

NodesToAdd AddNodesDialog::nodes() const
{
    const auto text = [this](EntryField field) { return m_fields.at(field)->text().trimmed().toStdString(); };
    NodesToAdd nodes;
    nodes.file = m_file->text().trimmed();
    nodes.entry = {.name = text(EntryField::Name), .address = text(EntryField::Address), .rack = m_rack->currentText().trimmed().toStdString(), .unit = text(EntryField::Unit),
                   .height = text(EntryField::Height), .user = text(EntryField::User), .port = text(EntryField::Port), .identity = text(EntryField::Identity), .jump = text(EntryField::Jump)};
    return nodes;
}

bool AddNodesDialog::check()
{
    m_soon.stop();
    for (const auto& [field, label] : m_problems)
        label->hide();
    const bool untouched = m_fields.at(EntryField::Name)->text().isEmpty() && !m_add->hasFocus();
    const NodesChecked checked = m_check(nodes());
    m_add->setEnabled(!checked.problem || checked.problem->field == EntryField::Name);
    if (!checked.problem) {
        const auto count = checked.added.size();
        m_summary->setText(count == 1 ? tr("Adds the node %1.").arg(checked.added.front()) : tr("Adds %1 nodes, %2 to %3.").arg(count).arg(checked.added.front(), checked.added.back()));
        return true;
    }
    m_summary->setText({});
    if (untouched && checked.problem->field == EntryField::Name)
        return false; // nobody has to be told before they began
    QString words = QString::fromStdString(checked.problem->failure.what);
    if (!checked.problem->failure.advice.empty())
        words += tr(". Next: %1").arg(QString::fromStdString(checked.problem->failure.advice));
    WordsLabel* label = m_problems.at(checked.problem->field);
    label->setText(words);
    label->show();
    return false;
}

} // namespace seatrial::gui
