// SPDX-License-Identifier: GPL-3.0-or-later
// Draws the parts of the window with sample data, to be looked at: gallery OUT.png [dark] [1440x900] [fleet|lab|large|hall|states|narrow]
#include "gui/fleet/counts_strip.h"
#include "gui/fleet/fleet_view.h"
#include "gui/fleet/hall_strip.h"
#include "gui/shell/main_window.h"
#include "gui/shell/page.h"
#include "gui/shell/status_strip.h"
#include "gui/theme/state_painter.h"
#include "gui/theme/theme_controller.h"
#include "gui/theme/type_roles.h"
#include "gui/widgets/chip.h"
#include "gui/widgets/segmented_control.h"
#include "gui/widgets/state_badge.h"
#include "tests/gui/support/sample_fleet.h"

#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMenu>
#include <QPainter>
#include <QPushButton>
#include <QRadioButton>
#include <QVBoxLayout>

using namespace seatrial::gui;

namespace {

class SamplePage : public Page {
public:
    explicit SamplePage(FleetSnapshot fleet)
    {
        auto* layout = new QVBoxLayout(this);
        layout->setContentsMargins(16, 4, 12, 8);
        layout->setSpacing(6);
        auto* counts = new CountsStrip;
        counts->setCounts(fleet->counts);
        auto* strip = new HallStrip;
        strip->setSnapshot(fleet);
        view = new FleetView;
        view->setSnapshot(fleet);
        layout->addWidget(counts);
        layout->addWidget(view, 1);
        layout->addWidget(strip);
        connect(view, &FleetView::visibleRacksChanged, strip, [this, strip] {
            strip->setVisibleRacks(view->visibleRacks());
        });
        levels = new SegmentedControl({QStringLiteral("Hall"), QStringLiteral("Racks")});
        levels->setCurrentIndex(1);
    }
    QString title() const override { return QStringLiteral("Fleet"); }
    QStringList breadcrumb() const override { return {QStringLiteral("Hall 2"), QStringLiteral("Row B")}; }
    QList<QWidget*> headerControls() const override { return {levels}; }

    FleetView* view;
    SegmentedControl* levels;
};

class States : public QWidget {
protected:
    void paintEvent(QPaintEvent*) override
    {
        const Theme& theme = themeOf(*this);
        QPainter painter(this);
        painter.fillRect(rect(), theme.panel);
        qreal y = 30;
        for (const State state : allStates) {
            painter.setPen(theme.text);
            painter.setFont(fontFor(TypeRole::Body, QFont::DemiBold));
            painter.drawText(QPointF(16, y + 4), wordOf(state));
            paintState(painter, theme, {140, y}, 20, state);
            paintState(painter, theme, {170, y}, 14, state);
            paintState(painter, theme, {194, y}, 10, state);
            paintStateCell(painter, theme, QRectF(230, y - 7, 44, 14), state);
            paintStateCell(painter, theme, QRectF(290, y - 7, 24, 14), state, CellLabel::LetterOfProblems);
            paintStateMark(painter, theme, QRectF(330, y - 6, 6, 12.5), state);
            paintStateBlock(painter, theme, QRectF(350, y - 12, 20, 24), state);
            y += 33;
        }
    }
};

QWidget* controls()
{
    auto* box = new QWidget;
    auto* layout = new QVBoxLayout(box);
    auto* primary = new QPushButton(QStringLiteral("Start run"));
    primary->setProperty("primary", true);
    auto* danger = new QPushButton(QStringLiteral("Stop run"));
    danger->setProperty("danger", true);
    auto* off = new QPushButton(QStringLiteral("Disabled"));
    off->setEnabled(false);
    auto* row = new QHBoxLayout;
    for (QWidget* each : {static_cast<QWidget*>(primary), static_cast<QWidget*>(danger), static_cast<QWidget*>(off),
                          static_cast<QWidget*>(new QPushButton(QStringLiteral("Choose file…")))})
        row->addWidget(each);
    row->addStretch();
    layout->addLayout(row);
    auto* fields = new QHBoxLayout;
    auto* combo = new QComboBox;
    combo->addItems({QStringLiteral("quick"), QStringLiteral("thorough")});
    auto* edit = new QLineEdit(QStringLiteral("rack == R07"));
    auto* check = new QCheckBox(QStringLiteral("These nodes may be loaded"));
    check->setChecked(true);
    auto* radio = new QRadioButton(QStringLiteral("Quick look"));
    radio->setChecked(true);
    for (QWidget* each : {static_cast<QWidget*>(combo), static_cast<QWidget*>(edit), static_cast<QWidget*>(check), static_cast<QWidget*>(radio)})
        fields->addWidget(each);
    layout->addLayout(fields);
    auto* chips = new QHBoxLayout;
    chips->addWidget(new Chip(QStringLiteral("Run 41"), Chip::Kind::Active));
    auto* offer = new Chip(QStringLiteral("Needs a person"), Chip::Kind::Offer);
    offer->setCount(9);
    chips->addWidget(offer);
    for (const State state : {State::Failed, State::Qualified, State::Unreachable}) {
        auto* badge = new StateBadge;
        badge->setState(state);
        chips->addWidget(badge);
    }
    chips->addWidget(new SegmentedControl({QStringLiteral("All"), QStringLiteral("Warnings"), QStringLiteral("This node")}));
    chips->addStretch();
    layout->addLayout(chips);
    layout->addStretch();
    return box;
}

} // namespace

int main(int argc, char** argv)
{
    QApplication app(argc, argv);
    const QStringList arguments = QApplication::arguments();
    ThemeController themes;
    themes.setChoice(arguments.contains(QStringLiteral("dark")) ? ThemeChoice::Dark : ThemeChoice::Light);
    const QString out = arguments.value(1, QStringLiteral("gallery.png"));

    QWidget* shown = nullptr;
    if (arguments.contains(QStringLiteral("states"))) {
        shown = new QWidget;
        auto* layout = new QVBoxLayout(shown);
        auto* states = new States;
        states->setFixedHeight(290);
        layout->addWidget(states);
        layout->addWidget(controls());
        shown->resize(700, 520);
    } else {
        FleetSnapshot fleet = test::sampleHall();
        if (arguments.contains(QStringLiteral("lab")))
            fleet = test::smallLab();
        if (arguments.contains(QStringLiteral("large")))
            fleet = test::largeFleet(500, 20);
        auto* window = new MainWindow;
        auto* page = new SamplePage(fleet);
        window->addPage(QStringLiteral("fleet"), page, MainWindow::RailEntry{Icon::Rack, QStringLiteral("Fleet")});
        window->addPage(QStringLiteral("run"), new SamplePage(fleet), MainWindow::RailEntry{Icon::Play, QStringLiteral("Run")});
        for (const auto* title : {"Session", "Edit", "View", "Run", "Help"})
            window->menu(QString::fromLatin1(title)).addAction(QStringLiteral("Something"));
        window->setSessionTitle(QStringLiteral("Harbour DC · Hall 2 · phase 2 acceptance"));
        window->status().setItems({{State::Qualified, QStringLiteral("61 nodes attached")}, {State::Running, QStringLiteral("1 running")}, {State::Unreachable, QStringLiteral("r09-n07 unreachable since 13:51")}});
        window->status().setRight(QStringLiteral("GB/s = 10⁹ bytes per second  ·  links in Gbit/s  ·  times in CEST"));
        window->setDock(controls(), QStringLiteral("Node"), {QStringLiteral("fleet")});
        window->setDockWanted(!arguments.contains(QStringLiteral("nodock")));
        page->view->setSelection({QStringLiteral("r07-n11")});
        if (arguments.contains(QStringLiteral("hall")))
            page->view->setLevel(FleetLevel::Hall);
        if (arguments.contains(QStringLiteral("small")))
            page->view->setPixelsPerUnit(4);
        if (arguments.contains(QStringLiteral("mid")))
            page->view->setPixelsPerUnit(7);
        if (arguments.contains(QStringLiteral("filter")))
            page->view->setFilter({StateSet{State::Failed}, {}});
        shown = window;
        window->resize(arguments.contains(QStringLiteral("narrow")) ? QSize(1100, 700) : QSize(1440, 900));
        window->show();
        QApplication::processEvents();
        if (arguments.contains(QStringLiteral("card"))) {

            QKeyEvent space(QEvent::KeyPress, Qt::Key_Space, Qt::NoModifier);
            QApplication::sendEvent(page->view, &space);
        }
    }
    shown->show();
    QApplication::processEvents();
    QApplication::processEvents();
    return shown->grab().save(out) ? 0 : 1;
}
