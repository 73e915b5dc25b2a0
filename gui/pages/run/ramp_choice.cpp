// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/pages/run/ramp_choice.h"

#include "gui/models/words.h"
#include "gui/widgets/segmented_control.h"
#include "gui/widgets/words_label.h"

#include <QHBoxLayout>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QVBoxLayout>

namespace seatrial::gui {

namespace {

constexpr int longestText = 200;

QString wordsOf(const domain::Failure& failure) { return shown(failure.what + ": " + failure.advice); }

QString numberText(double number) { return QString::number(number, 'g', 6); }

QString stepsText(const campaign::RampTerms& terms)
{
    QStringList percents;
    for (const double share : terms.shares)
        percents << numberText(100 * share);
    return percents.join(QLatin1Char(','));
}

} // namespace

RampChoice::RampChoice(QWidget* parent) : QWidget(parent), m_way(new SegmentedControl({tr("Automatic"), tr("Own"), tr("Off")}))
{
    auto* rows = new QVBoxLayout(this);
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(6);
    auto* head = new QHBoxLayout;
    auto* name = new WordsLabel(tr("Ramp"), TypeRole::Row);
    name->setToolTip(tr("Many nodes that begin to burn in the same second are a surge that may trip the power of a row."));
    head->addWidget(name);
    head->addStretch(1);
    head->addWidget(m_way);
    rows->addLayout(head);
    m_way->setAccessibleName(tr("Ramp: how load comes onto many nodes"));
    m_way->segment(0)->setAccessibleName(tr("Ramp: automatic"));
    m_way->segment(0)->setToolTip(tr("In steps from %1 nodes on; fewer are loaded at once").arg(m_usual.smallest));
    m_way->segment(1)->setAccessibleName(tr("Ramp: own steps"));
    m_way->segment(1)->setToolTip(tr("In the steps that you name, on few nodes too"));
    m_way->segment(2)->setAccessibleName(tr("Ramp: off"));
    m_way->segment(2)->setToolTip(tr("All nodes are loaded at once, however many they are"));
    m_steps = addField(tr("% of nodes"), 0);
    m_steps->setObjectName(QStringLiteral("rampSteps"));
    m_steps->setAccessibleName(tr("Steps of the ramp, percent of the nodes"));
    m_steps->setToolTip(tr("Growing percentages that end with 100, like 12.5,25,50,100"));
    m_pause = addField(tr("seconds between two steps"), 64);
    m_pause->setObjectName(QStringLiteral("rampPause"));
    m_pause->setAccessibleName(tr("Seconds between two steps of the ramp"));
    m_pause->setToolTip(tr("0 to %1 seconds, to see whether nodes were lost").arg(campaign::RampTerms::mostPauseSeconds));
    m_words = new WordsLabel(TypeRole::Small, &Theme::text3);
    m_words->setObjectName(QStringLiteral("rampWords"));
    rows->addWidget(&m_words->wrapped());
    setUsual(m_usual);
    connect(m_way, &SegmentedControl::currentChanged, this, &RampChoice::read);
    connect(m_steps, &QLineEdit::textChanged, this, &RampChoice::read);
    connect(m_pause, &QLineEdit::textChanged, this, &RampChoice::read);
}

QLineEdit* RampChoice::addField(const QString& words, int width)
{
    auto* row = new QWidget;
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    auto* field = new QLineEdit;
    field->setFont(fixedFontFor(TypeRole::Row));
    field->setMaxLength(longestText);
    if (width > 0)
        field->setFixedWidth(width);
    auto* label = new WordsLabel(words, TypeRole::Row, &Theme::text2);
    label->setBuddy(field);
    layout->addWidget(field, width > 0 ? 0 : 1);
    layout->addWidget(label, width > 0 ? 1 : 0);
    this->layout()->addWidget(row);
    return field;
}

void RampChoice::setUsual(const campaign::RampTerms& usual)
{
    m_usual = usual;
    set({setting().way, {}, {}});
}

void RampChoice::setNodes(std::size_t nodes)
{
    if (nodes == m_nodes)
        return;
    m_nodes = nodes;
    say();
}

void RampChoice::set(const RampSetting& setting)
{
    const bool stepsGood = setting.steps.size() <= longestText && campaign::rampFromText(setting.steps.toStdString());
    const bool pauseGood = setting.pause.size() <= longestText && campaign::rampPauseFromText(setting.pause.toStdString());
    const QString usualSteps = stepsText(m_usual.shares.empty() ? campaign::RampTerms() : m_usual);
    {
        const QSignalBlocker quietWay(m_way), quietSteps(m_steps), quietPause(m_pause);
        m_way->setCurrentIndex(static_cast<int>(setting.way));
        m_steps->setText(stepsGood ? setting.steps : usualSteps);
        m_pause->setText(pauseGood ? setting.pause : numberText(m_usual.pauseSeconds));
    }
    m_steps->setCursorPosition(0);
    read();
}

RampSetting RampChoice::setting() const { return {static_cast<RampSetting::Way>(m_way->currentIndex()), m_steps->text().trimmed(), m_pause->text().trimmed()}; }

bool RampChoice::hasFocusInside() const
{
    const QWidget* at = window()->focusWidget();
    return at && isAncestorOf(at);
}

void RampChoice::read()
{
    const auto [way, steps, seconds] = setting();
    m_steps->parentWidget()->setVisible(way == RampSetting::Way::Own);
    m_pause->parentWidget()->setVisible(way != RampSetting::Way::Off);
    m_terms.reset();
    m_problem.clear();
    auto terms = domain::Result<campaign::RampTerms>(m_usual);
    if (way == RampSetting::Way::Own)
        terms = campaign::withSteps(m_usual, steps.toStdString());
    else if (way == RampSetting::Way::Off)
        terms->shares.clear();
    const auto pause = way == RampSetting::Way::Off ? domain::Result<double>(m_usual.pauseSeconds) : campaign::rampPauseFromText(seconds.toStdString());
    if (!terms || !pause) {
        m_problem = wordsOf(terms ? pause.error() : terms.error());
    } else {
        terms->pauseSeconds = *pause;
        m_terms = std::move(*terms);
    }
    m_steps->setAccessibleDescription(terms ? QString() : m_problem);
    m_pause->setAccessibleDescription(terms ? m_problem : QString());
    say();
    emit changed();
}

void RampChoice::say()
{
    m_words->setInk(m_problem.isEmpty() ? &Theme::text3 : &Theme::accentInk);
    m_words->setWeight(m_problem.isEmpty() ? QFont::Normal : QFont::DemiBold);
    m_words->setText(m_problem.isEmpty() ? consequence() : m_problem);
    m_words->setVisible(!m_words->text().isEmpty());
}

// What the choice means for the nodes that are to be loaded.
QString RampChoice::consequence() const
{
    if (m_nodes == 0)
        return {};
    if (m_nodes == 1)
        return tr("One node is loaded at once.");
    const QString all = nodesText(static_cast<int>(m_nodes));
    if (!m_terms->applies(m_nodes)) {
        if (static_cast<int>(m_nodes) >= campaign::RampTerms().smallest)
            return tr("All %1 begin to burn in the same second, which may trip the power of a row.").arg(all);
        return m_terms->shares.empty() ? tr("All %1 are loaded at once.").arg(all) : tr("All %1 are loaded at once; in steps from %2 nodes on.").arg(all).arg(m_terms->smallest);
    }
    std::vector<std::size_t> counts;
    for (const double share : m_terms->shares) {
        const std::size_t count = campaign::nodesOfShare(share, m_nodes);
        if (counts.empty() || count > counts.back())
            counts.push_back(count);
    }
    if (counts.size() == 1)
        return tr("All %1 are loaded at once.").arg(all);
    QStringList further;
    for (std::size_t i = 1; i + 1 < counts.size(); ++i)
        further << QString::number(counts[i]);
    const QString between = further.isEmpty() ? QString() : further.join(QStringLiteral(", ")) + tr(" and ");
    return tr("%1 first, then %2all %3, %4 s apart.").arg(nodesText(static_cast<int>(counts.front())), between).arg(m_nodes).arg(numberText(m_terms->pauseSeconds));
}

} // namespace seatrial::gui
