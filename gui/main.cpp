// SPDX-License-Identifier: GPL-3.0-or-later
// The window: the one place of gui/ that knows the SSH link, the engine's deployer and the SQLite store.
#include "core/protocol/version.h"
#include "gui/app/screenshot.h"
#include "gui/app/workbench.h"
#include "gui/session/system_keychain.h"
#include "gui/theme/theme_controller.h"
#include "remote/deploy/engine_deployer.h"
#include "remote/ssh/secrets.h"
#include "remote/ssh/ssh_link_factory.h"
#include "resources/installation.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QDir>
#include <QElapsedTimer>
#include <QFileInfo>
#include <QThreadPool>

#include <algorithm>
#include <cstdio>
#include <malloc.h>

using namespace seatrial;
using namespace seatrial::gui;

namespace {

Tools realTools()
{
    auto installation = std::make_shared<const resources::Installation>();
    Tools tools;
    // One for all runs of this window: a passphrase is asked for once.
    const auto secrets = std::make_shared<remote::Secrets>(std::make_shared<SystemKeychain>());
    tools.links = [secrets] { return std::make_shared<remote::SshLinkFactory>(remote::SshLimits(), std::nullopt, secrets); };
    tools.deployer = [installation]() -> domain::Result<std::shared_ptr<campaign::Deployer>> {
        auto engine = installation->engine();
        if (!engine)
            return std::unexpected(engine.error());
        return std::make_shared<remote::EngineDeployer>(*engine);
    };
    tools.openStore = [](const std::string& file) -> domain::Result<std::shared_ptr<store::Store>> {
        resources::Installation::makeRoomFor(file);
        auto opened = store::openSqliteStore(file);
        if (!opened)
            return std::unexpected(opened.error());
        return std::shared_ptr<store::Store>(std::move(*opened));
    };
    tools.plans = [installation] {
        std::vector<domain::Result<domain::Plan>> plans;
        for (const auto& name : installation->planNames()) {
            const auto file = installation->plan(name);
            plans.push_back(file ? domain::loadPlan(*file) : domain::Result<domain::Plan>(std::unexpected(file.error())));
        }
        return plans;
    };
    tools.criteria = [installation]() -> domain::Result<analysis::Criteria> {
        auto file = installation->criteria({});
        if (!file)
            return std::unexpected(file.error());
        auto criteria = analysis::loadCriteria(*file);
        auto models = criteria ? analysis::loadSkus(installation->models()) : analysis::SkuCatalog();
        if (!models)
            return std::unexpected(models.error());
        if (criteria)
            criteria->skus = std::move(*models);
        return criteria;
    };
    tools.engine = [installation] { return installation->engine(); };
    tools.operatorName = resources::Installation::operatorName();
    tools.defaultStore = resources::Installation::defaultStore().string();
    return tools;
}

struct Options {
    QCommandLineOption inventory{{QStringLiteral("i"), QStringLiteral("inventory")}, QStringLiteral("Inventory of the fleet (YAML)."), QStringLiteral("file")};
    QCommandLineOption store{{QStringLiteral("s"), QStringLiteral("store")}, QStringLiteral("Store of runs (SQLite)."), QStringLiteral("file")};
    QCommandLineOption run{{QStringLiteral("r"), QStringLiteral("run")}, QStringLiteral("Run to show; the newest if not given."), QStringLiteral("id")};
    QCommandLineOption page{QStringLiteral("page"), QStringLiteral("Page to show: welcome, fleet or run."), QStringLiteral("page")};
    QCommandLineOption select{QStringLiteral("select"), QStringLiteral("Node to select."), QStringLiteral("node")};
    QCommandLineOption theme{QStringLiteral("theme"), QStringLiteral("light, dark or system."), QStringLiteral("theme"), QStringLiteral("system")};
    QCommandLineOption size{QStringLiteral("size"), QStringLiteral("Size of the window: 1440x900."), QStringLiteral("WxH")};
    QCommandLineOption screenshot{QStringLiteral("screenshot"), QStringLiteral("Write the window into this file and end; needs no display."), QStringLiteral("file.png")};
    QCommandLineOption start{QStringLiteral("start"), QStringLiteral("Start this plan at once on the inventory."), QStringLiteral("plan")};
    QCommandLineOption fresh{QStringLiteral("fresh"), QStringLiteral("Begin as at the first start: nothing of the last time is restored.")};
    QCommandLineOption firstPaint{QStringLiteral("time-to-first-paint"), QStringLiteral("Print how long the first picture took, in milliseconds, and end.")};

    void addTo(QCommandLineParser& parser) const
    {
        for (const auto& option : {inventory, store, run, page, select, theme, size, screenshot, start, fresh, firstPaint})
            parser.addOption(option);
    }
};

int complain(const QString& what)
{
    std::fprintf(stderr, "seatrial: %s\n", qPrintable(what));
    return 2;
}

// What is wrong with the words of the command line; empty if nothing.
QString wrongWords(const QCommandLineParser& parser, const Options& options)
{
    static const QStringList pages = {QString(), QStringLiteral("welcome"), QStringLiteral("fleet"), QStringLiteral("run")};
    static const QStringList themes = {QStringLiteral("system"), QStringLiteral("light"), QStringLiteral("dark")};
    if (!parser.positionalArguments().isEmpty())
        return QStringLiteral("\"%1\" is not understood; see seatrial --help").arg(parser.positionalArguments().constFirst());
    if (!pages.contains(parser.value(options.page)))
        return QStringLiteral("there is no page \"%1\"; there are welcome, fleet and run").arg(parser.value(options.page));
    if (!themes.contains(parser.value(options.theme)))
        return QStringLiteral("there is no theme \"%1\"; there are light, dark and system").arg(parser.value(options.theme));
    static const QRegularExpression sizes(QStringLiteral("^([0-9]{3,5})x([0-9]{3,5})$"));
    if (parser.isSet(options.size) && !sizes.match(parser.value(options.size)).hasMatch())
        return QStringLiteral("\"%1\" is no size; write it like 1440x900").arg(parser.value(options.size));
    return {};
}

void arrange(Workbench& window, ThemeController& themes, const QCommandLineParser& parser, const Options& options)
{
    const bool picture = parser.isSet(options.screenshot) || parser.isSet(options.firstPaint); // the same each time
    if (!picture && !parser.isSet(options.fresh))
        window.restoreLook(!parser.isSet(options.theme));
    if (parser.isSet(options.theme) || picture)
        themes.setChoice(parser.value(options.theme) == QStringLiteral("dark") ? ThemeChoice::Dark : parser.value(options.theme) == QStringLiteral("light") ? ThemeChoice::Light : ThemeChoice::System);
    if (parser.isSet(options.size)) {
        const QStringList sides = parser.value(options.size).split(QLatin1Char('x'));
        window.resize(sides[0].toInt(), sides[1].toInt());
    }
    const bool files = parser.isSet(options.inventory) || parser.isSet(options.store);
    if (!files && !picture && !parser.isSet(options.fresh))
        window.restoreFiles();
    if (parser.isSet(options.inventory))
        window.openInventory(parser.value(options.inventory));
    if (parser.isSet(options.store)) {
        if (parser.isSet(options.start))
            window.useStore(parser.value(options.store));
        else
            window.openStore(parser.value(options.store), parser.value(options.run));
    }
    if (parser.isSet(options.start))
        window.startPlan(parser.value(options.start));
    if (parser.isSet(options.select))
        window.selection().setNodes({parser.value(options.select)});
    if (files || parser.isSet(options.page))
        window.wantPage(parser.value(options.page));
    const QString lab = QDir::current().filePath(QStringLiteral(".lab/inventory.yaml"));
    if (QFileInfo::exists(lab))
        window.setLab(lab);
}

bool hasDisplay(const QStringList& words)
{
    for (const char* name : {"QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"}) {
        if (!qEnvironmentVariableIsEmpty(name))
            return true;
    }
    return words.contains(QStringLiteral("-platform")) || words.contains(QStringLiteral("-display"));
}

// Pictures and words need no display: the window is drawn into memory, and what is wrong with the command line is said
// before a missing display is. Answers whether there is one for people.
bool chooseScreen(int argc, char** argv)
{
    static const QStringList onlyWords = {QStringLiteral("--help"), QStringLiteral("-h"), QStringLiteral("--help-all"), QStringLiteral("--version"), QStringLiteral("-v")};
    QStringList words;
    for (int i = 1; i < argc; ++i)
        words << QString::fromLocal8Bit(argv[i]);
    const bool display = hasDisplay(words);
    const bool withoutScreen = std::ranges::any_of(words, [](const QString& word) { return onlyWords.contains(word) || word.startsWith(QStringLiteral("--screenshot")); });
    if ((withoutScreen || !display) && qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    return display;
}

} // namespace

int main(int argc, char** argv)
{
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 2); // threads here hand large values to each other: what one has freed shall serve the next
#endif
    QElapsedTimer sinceStart;
    sinceStart.start();
    const bool display = chooseScreen(argc, argv);
    QApplication app(argc, argv);
    QApplication::setApplicationName(QStringLiteral("seatrial"));
    QApplication::setOrganizationName(QStringLiteral("seatrial"));
    QApplication::setApplicationVersion(QString::fromLatin1(protocol::kProgramVersion));

    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral("Seatrial: measure every node, judge it against limits that name their source."));
    const QCommandLineOption help = parser.addHelpOption();
    const QCommandLineOption version = parser.addVersionOption();
    const Options options;
    options.addTo(parser);
    if (!parser.parse(QApplication::arguments()))
        return complain(parser.errorText() + QStringLiteral(" See seatrial --help"));
    if (parser.isSet(version))
        parser.showVersion();
    if (parser.isSet(help) || parser.isSet(QStringLiteral("help-all")))
        parser.showHelp();
    if (const QString wrong = wrongWords(parser, options); !wrong.isEmpty())
        return complain(wrong);
    if (!display && !parser.isSet(options.screenshot))
        return complain(QStringLiteral("there is no display: neither DISPLAY nor WAYLAND_DISPLAY is set. seatrialctl does the same in a terminal; "
                                       "seatrial --screenshot FILE.png draws without a display"));

    ThemeController themes;
    Workbench window(realTools(), themes);
    arrange(window, themes, parser, options);
    window.show();
    if (parser.isSet(options.firstPaint)) {
        QApplication::processEvents();
        window.grab();
        std::printf("%lld\n", static_cast<long long>(sinceStart.elapsed()));
        return 0;
    }
    window.lookAround();
    if (parser.isSet(options.screenshot)) {
        const QString wrong = takeScreenshot(window, parser.value(options.screenshot));
        return wrong.isEmpty() ? 0 : complain(wrong);
    }
    return QApplication::exec();
}
