// SPDX-License-Identifier: GPL-3.0-or-later
// Every page in both themes and at the smallest size: nothing is empty and no words are cut. With
// SEATRIAL_WRITE_PICTURES=1 it also writes the pictures of the documentation.
#include "gui/app/screenshot.h"
#include "gui/app/workbench.h"
#include "gui/pages/run/plan_column.h"
#include "gui/pages/run/progress_band.h"
#include "gui/pages/run/run_page.h"
#include "gui/theme/theme_controller.h"
#include "tests/gui/support/fake_world.h"
#include "tests/gui/support/window_tools.h"

#include <QAbstractButton>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QScrollArea>
#include <QSettings>
#include <QTest>

using namespace seatrial;
using namespace seatrial::gui;
using gui::test::FakeWorld;

class TestPictures : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        test::useOwnSettings(QStringLiteral("pictures"));
        QSettings().clear();
        m_themes = std::make_unique<ThemeController>();
        makeWorld();
        measure();
    }

    void pages_data()
    {
        QTest::addColumn<QString>("page");
        QTest::addColumn<bool>("dark");
        QTest::addColumn<QSize>("size");
        for (const auto* page : {"welcome", "fleet", "run"}) {
            for (const bool dark : {false, true}) {
                for (const QSize size : {QSize(1440, 900), QSize(1100, 700)}) {
                    const QByteArray name = QByteArray(page) + (dark ? "-dark" : "") + (size.width() < 1200 ? "-small" : "");
                    QTest::newRow(name.constData()) << QString::fromLatin1(page) << dark << size;
                }
            }
        }
    }
    void pages()
    {
        QFETCH(QString, page);
        QFETCH(bool, dark);
        QFETCH(QSize, size);
        m_themes->setChoice(dark ? ThemeChoice::Dark : ThemeChoice::Light);
        QSettings().clear();
        Workbench window(m_world->tools(), *m_themes);
        window.resize(size);
        window.lookAround();
        if (page != QStringLiteral("welcome"))
            window.openStore(m_world->store());
        window.wantPage(page);
        window.selection().setNodes({QStringLiteral("r2-n04")});
        window.show();
        const QString file = m_world->path(QStringLiteral("picture.png"));
        QCOMPARE(takeScreenshot(window, file), QString());
        QCOMPARE(window.currentPage(), page);
        const QImage picture(file);
        QCOMPARE(picture.size(), size);
        QVERIFY(coloursOf(picture) > 60);
        checkWords(window);
        if (size.width() == 1440 && page != QStringLiteral("run") && (!dark || page == QStringLiteral("fleet")))
            write(picture, page, dark);
    }

    void rampBeforeARun_data()
    {
        QTest::addColumn<bool>("dark");
        QTest::addColumn<QSize>("size");
        QTest::addColumn<QString>("steps");
        for (const bool dark : {false, true}) {
            for (const QSize size : {QSize(1440, 900), QSize(1100, 700)}) {
                for (const char* steps : {"5,25,100", "5,25"}) {
                    const QByteArray name = QByteArray(steps) + (dark ? " dark" : "") + (size.width() < 1200 ? " small" : "");
                    QTest::newRow(name.constData()) << dark << size << QString::fromLatin1(steps);
                }
            }
        }
    }
    void rampBeforeARun()
    {
        QFETCH(bool, dark);
        QFETCH(QSize, size);
        QFETCH(QString, steps);
        m_themes->setChoice(dark ? ThemeChoice::Dark : ThemeChoice::Light);
        Workbench window(m_world->tools(), *m_themes);
        window.resize(size);
        window.openInventory(m_world->inventory());
        window.wantPage(QStringLiteral("run"));
        window.show();
        auto& ramp = window.runPage().plan().ramp();
        ramp.set({RampSetting::Way::Own, {}, QStringLiteral("30")});
        ramp.findChild<QLineEdit*>(QStringLiteral("rampSteps"))->setText(steps);
        const QString file = m_world->path(QStringLiteral("picture.png"));
        QCOMPARE(takeScreenshot(window, file), QString());
        QCOMPARE(window.runPage().canStart(), ramp.problem().isEmpty());
        checkWords(window);
        for (auto* above = ramp.parentWidget(); above; above = above->parentWidget()) { // a low window scrolls
            if (auto* area = qobject_cast<QScrollArea*>(above))
                area->ensureWidgetVisible(&ramp);
        }
        QVERIFY2(ramp.visibleRegion().boundingRect().width() == ramp.width() && ramp.width() <= 284, "nothing is cut at the side");
    }

    void runInWork()
    {
        m_themes->setChoice(ThemeChoice::Light);
        makeWorld(); // the journals of the others have ended
        for (int rack = 1; rack <= 4; ++rack) {
            for (int node = 1; node <= 16; ++node)
                nodeAt(rack, node).behaviour.stepSeconds = 0.25 + 0.02 * node + 0.05 * rack;
        }
        Tools tools = m_world->tools();
        tools.ramp = campaign::RampTerms{.pauseSeconds = 2};
        Workbench window(std::move(tools), *m_themes);
        window.resize(1440, 900);
        window.openInventory(m_world->inventory());
        window.wantPage(QStringLiteral("run"));
        window.show();
        window.startPlan(QStringLiteral("quick"));
        QTRY_VERIFY_WITH_TIMEOUT(window.session().isLive(), 10'000);
        QTRY_VERIFY_WITH_TIMEOUT(window.session().snapshot() && window.session().snapshot()->stepsDone > 100, 30'000);
        QTRY_VERIFY(window.findChild<ProgressBand*>()->accessibleName().contains(QStringLiteral("Load: ")));
        const QString file = m_world->path(QStringLiteral("picture.png"));
        QCOMPARE(takeScreenshot(window, file), QString());
        QCOMPARE(window.currentPage(), QStringLiteral("run"));
        checkWords(window);
        write(QImage(file), QStringLiteral("run"), false);
        window.session().cancel(QStringLiteral("the picture is taken"));
        QTRY_VERIFY_WITH_TIMEOUT(!window.session().isLive(), 20'000);
    }

private:
    tests::FakeNode& nodeAt(int rack, int node) { return m_world->node(QStringLiteral("r%1-n%2").arg(rack).arg(node, 2, 10, QLatin1Char('0'))); }

    static void write(const QImage& picture, const QString& page, bool dark)
    {
        if (qEnvironmentVariableIntValue("SEATRIAL_WRITE_PICTURES") == 1)
            QVERIFY(picture.save(QStringLiteral(SEATRIAL_SOURCE_DIR "/docs/pictures/%1%2.png").arg(page, dark ? QStringLiteral("-dark") : QString())));
    }

    void makeWorld()
    {
        m_world = std::make_unique<FakeWorld>();
        m_world->useBuiltIn();
        m_world->addNodes(4, 16);
        plant();
    }

    // Faults as they happen, on nodes that scatter as nodes do.
    void plant()
    {
        for (int rack = 1; rack <= 4; ++rack) {
            for (int node = 1; node <= 16; ++node) {
                auto& behaviour = nodeAt(rack, node).behaviour;
                behaviour.simulated = true; // what is made up says so, in the pictures too
                behaviour.bandwidth = 412 + (node * 37 + rack * 11) % 13 * 0.7;
                behaviour.link = 97.1 + (node * 53 + rack * 7) % 9 * 0.12;
            }
        }
        m_world->node(QStringLiteral("r2-n04")).behaviour.link = 24.6;
        m_world->node(QStringLiteral("r1-n11")).behaviour.bandwidth = 271;
        m_world->node(QStringLiteral("r1-n14")).behaviour.bandwidth = 338;
        m_world->node(QStringLiteral("r2-n15")).behaviour.ends["host.disk"] = {{}, {}, protocol::StepStatus::Error, protocol::Waiver::None, "no folder to write to: /var/tmp is full", 0.1};
        auto& dead = m_world->node(QStringLiteral("r3-n07")).behaviour;
        dead.connectFails = 1000;
        dead.connectFailure = test::noAnswer("r3-n07");
        auto& changed = m_world->node(QStringLiteral("r4-n02")).behaviour;
        changed.connectFails = 1000;
        changed.connectFailure = test::changedKey("r4-n02");
    }

    void measure()
    {
        Workbench window(m_world->tools(), *m_themes);
        window.openInventory(m_world->inventory());
        window.startPlan(QStringLiteral("quick"));
        QTRY_VERIFY_WITH_TIMEOUT(window.session().isLive(), 10'000);
        QTRY_VERIFY_WITH_TIMEOUT(window.session().snapshot() && window.session().snapshot()->finished && !window.session().isLive(), 60'000);
    }

    static int coloursOf(const QImage& picture)
    {
        QSet<QRgb> colours;
        for (int y = 0; y < picture.height(); y += 3) {
            for (int x = 0; x < picture.width(); x += 3)
                colours.insert(picture.pixel(x, y));
        }
        return static_cast<int>(colours.size());
    }

    // Words that stand in a box of their own have room there.
    void checkWords(Workbench& window)
    {
        for (const auto* label : window.findChildren<QLabel*>()) {
            if (!label->isVisible() || label->text().isEmpty() || !label->toolTip().isEmpty())
                continue;
            const QFontMetrics metrics(label->font());
            const QRect needed = label->wordWrap() ? metrics.boundingRect(QRect(0, 0, label->contentsRect().width(), 4000), Qt::TextWordWrap, label->text())
                                                   : metrics.boundingRect(label->text());
            QVERIFY2(needed.height() <= label->height() + 2, qPrintable(QStringLiteral("cut in height: ") + label->text()));
            QVERIFY2(label->wordWrap() || metrics.horizontalAdvance(label->text()) <= label->contentsRect().width() + 1, qPrintable(QStringLiteral("cut in width: ") + label->text()));
        }
        for (const auto* button : window.findChildren<QAbstractButton*>()) {
            if (button->isVisible())
                QVERIFY2(button->width() + 1 >= button->minimumSizeHint().width(), qPrintable(QStringLiteral("cut: ") + button->text()));
        }
    }

    std::unique_ptr<ThemeController> m_themes;
    std::unique_ptr<FakeWorld> m_world;
};

QTEST_MAIN(TestPictures)
#include "tst_pictures.moc"
