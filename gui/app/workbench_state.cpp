// SPDX-License-Identifier: GPL-3.0-or-later
// What is remembered from one start to the next: places, names and choices, never a secret. Every value is checked when
// it is read; one that cannot be used is as if it were not there.
#include "gui/app/workbench.h"

#include "gui/fleet/counts_strip.h"
#include "gui/fleet/fleet_view.h"
#include "gui/pages/fleet/fleet_page.h"
#include "gui/pages/run/plan_column.h"
#include "gui/pages/run/run_page.h"
#include "gui/pages/welcome/welcome_page.h"
#include "gui/theme/theme_controller.h"
#include "gui/widgets/notice.h"

#include <QFileInfo>
#include <QHeaderView>
#include <QSettings>
#include <QTableView>

namespace seatrial::gui {

namespace {

constexpr int mostSelected = 20'000; // more is not worth a file of settings

QString themeWord(ThemeChoice choice)
{
    return choice == ThemeChoice::Dark ? QStringLiteral("dark") : choice == ThemeChoice::Light ? QStringLiteral("light") : QStringLiteral("system");
}

QString rampWord(RampSetting::Way way)
{
    return way == RampSetting::Way::Own ? QStringLiteral("own") : way == RampSetting::Way::Off ? QStringLiteral("off") : QStringLiteral("automatic");
}

RampSetting::Way rampWay(const QString& word)
{
    return word == QStringLiteral("own") ? RampSetting::Way::Own : word == QStringLiteral("off") ? RampSetting::Way::Off : RampSetting::Way::Automatic;
}

QString absolute(const QString& file) { return file.isEmpty() ? QString() : QFileInfo(file).absoluteFilePath(); }

// Tables by what they are called for screen readers: that is unique and stays.
QString keyOf(const QTableView& table) { return QStringLiteral("tables/") + QString(table.accessibleName()).replace(QLatin1Char('/'), QLatin1Char('-')); }

} // namespace

void Workbench::saveState() const
{
    QSettings settings;
    settings.beginGroup(QStringLiteral("window"));
    settings.setValue(QStringLiteral("geometry"), saveGeometry());
    settings.setValue(QStringLiteral("frame"), saveFrame());
    settings.setValue(QStringLiteral("dock"), isDockWanted());
    settings.setValue(QStringLiteral("theme"), themeWord(m_themes.choice()));
    settings.setValue(QStringLiteral("page"), currentPage());
    settings.setValue(QStringLiteral("inventory"), m_session.fleet() ? absolute(QString::fromStdString(m_session.fleet()->source.string())) : QString());
    settings.setValue(QStringLiteral("store"), absolute(m_session.storeFile()));
    settings.setValue(QStringLiteral("run"), m_shown ? QString::fromStdString(m_shown->snapshot->data->info.id.text()) : QString());
    settings.setValue(QStringLiteral("filter"), m_fleet->filterText());
    int states = 0;
    for (const State state : allStates)
        states |= m_fleet->counts().shownStates().contains(state) ? 1 << indexOf(state) : 0;
    settings.setValue(QStringLiteral("states"), states);
    settings.setValue(QStringLiteral("hall"), m_fleet->view().level() == FleetLevel::Hall);
    const RampSetting ramp = m_run->plan().ramp().setting();
    settings.setValue(QStringLiteral("ramp"), rampWord(ramp.way));
    settings.setValue(QStringLiteral("rampSteps"), ramp.steps);
    settings.setValue(QStringLiteral("rampPause"), ramp.pause);
    const auto& nodes = m_selection.nodes();
    settings.setValue(QStringLiteral("selection"), nodes.size() > mostSelected ? QStringList() : QStringList(nodes.begin(), nodes.end()));
    for (const auto* table : findChildren<QTableView*>()) {
        if (table->accessibleName().isEmpty() || !table->model())
            continue;
        QVariantList widths;
        for (int column = 0; column < table->model()->columnCount(); ++column)
            widths << (table->isColumnHidden(column) ? 0 : table->columnWidth(column));
        settings.setValue(keyOf(*table), widths);
    }
}

void Workbench::restoreTables(QSettings& settings)
{
    for (auto* table : findChildren<QTableView*>()) {
        if (table->accessibleName().isEmpty() || !table->model())
            continue;
        const QVariantList widths = settings.value(keyOf(*table)).toList();
        if (widths.size() != table->model()->columnCount())
            continue;
        for (int column = 0; column < widths.size(); ++column) {
            const int width = widths[column].toInt();
            const bool ours = table->horizontalHeader()->sectionResizeMode(column) == QHeaderView::Interactive;
            if (ours && width >= 20 && width <= 2000)
                table->setColumnWidth(column, width);
        }
    }
}

void Workbench::restoreLook(bool withTheme)
{
    m_keepsState = true;
    QSettings settings;
    if (settings.status() != QSettings::NoError)
        m_welcome->notice().say(State::NotTested, tr("The settings of the last time could not be read."), tr("Everything begins as at the first start. They lie in %1").arg(settings.fileName()));
    settings.beginGroup(QStringLiteral("window"));
    const QString theme = settings.value(QStringLiteral("theme")).toString();
    if (withTheme && (theme == QStringLiteral("dark") || theme == QStringLiteral("light") || theme == QStringLiteral("system")))
        chooseTheme(theme == QStringLiteral("dark") ? ThemeChoice::Dark : theme == QStringLiteral("light") ? ThemeChoice::Light : ThemeChoice::System);
    restoreGeometry(settings.value(QStringLiteral("geometry")).toByteArray()); // brings a window of a screen that is gone to one that is there
    if (size().width() < minimumWidth() || size().height() < minimumHeight())
        resize(1440, 900);
    restoreFrame(settings.value(QStringLiteral("frame")).toByteArray());
    if (settings.contains(QStringLiteral("dock")))
        setDockWanted(settings.value(QStringLiteral("dock")).toBool());
    restoreTables(settings);
    m_fleet->setFilterText(settings.value(QStringLiteral("filter")).toString().left(4000));
    StateSet states;
    const int bits = settings.value(QStringLiteral("states")).toInt();
    for (const State state : allStates) {
        if (bits & (1 << indexOf(state)))
            states.toggle(state);
    }
    m_fleet->counts().setShownStates(states);
    m_run->plan().ramp().set({rampWay(settings.value(QStringLiteral("ramp")).toString()), settings.value(QStringLiteral("rampSteps")).toString(),
                              settings.value(QStringLiteral("rampPause")).toString()});
    if (settings.value(QStringLiteral("hall")).toBool())
        m_fleet->view().setLevel(FleetLevel::Hall);
}

// Opens what was open: the inventory first, then the store with its run over it.
void Workbench::restoreFiles()
{
    QSettings settings;
    settings.beginGroup(QStringLiteral("window"));
    const QString inventory = settings.value(QStringLiteral("inventory")).toString();
    const QString store = settings.value(QStringLiteral("store")).toString();
    const QString run = settings.value(QStringLiteral("run")).toString();
    const QString page = settings.value(QStringLiteral("page")).toString();
    const QStringList selected = settings.value(QStringLiteral("selection")).toStringList().mid(0, mostSelected);
    QStringList gone;
    for (const QString& file : {inventory, run.isEmpty() ? QString() : store}) {
        if (!file.isEmpty() && !QFileInfo::exists(file))
            gone << file;
    }
    if (!gone.isEmpty())
        m_welcome->notice().say(State::NotTested, tr("Not there any more: %1").arg(gone.join(QStringLiteral(", "))), tr("It was open the last time. Open another, or put it back."));
    m_selection.setNodes(QSet<QString>(selected.begin(), selected.end()));
    const bool hasStore = !store.isEmpty() && !run.isEmpty() && QFileInfo::exists(store);
    const bool hasInventory = !inventory.isEmpty() && QFileInfo::exists(inventory);
    if (!hasStore && !hasInventory)
        return;
    m_wantedPage = page == QStringLiteral("welcome") ? QString() : page;
    if (!hasInventory)
        return openStore(store, run);
    if (hasStore) {
        m_storeAfter = store;
        m_runAfter = run;
    }
    openInventory(inventory);
}

} // namespace seatrial::gui
