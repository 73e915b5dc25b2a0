// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/fleet/counts_strip.h"
#include "gui/fleet/fleet_view.h"
#include "gui/theme/theme.h"
#include "gui/theme/theme_controller.h"
#include "tests/gui/support/sample_fleet.h"

#include <QAbstractButton>
#include <QAccessible>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>
#include <QWheelEvent>

#include <algorithm>
#include <ctime>

using namespace seatrial::gui;

namespace {

QString idAt(const FleetView& view, NodeRef ref)
{
    const NodeView* node = nodeAt(view.fleet(), ref);
    return node ? node->id : QString();
}

QColor colourAt(FleetView& view, QPoint point)
{
    return view.viewport()->grab().toImage().pixelColor(point);
}

void wheel(FleetView& view, int notches, Qt::KeyboardModifiers modifiers)
{
    const QPointF centre(view.viewport()->rect().center());
    QWheelEvent event(centre, view.viewport()->mapToGlobal(centre), {}, {0, notches * 120}, Qt::NoButton, modifiers,
                      Qt::NoScrollPhase, false);
    QApplication::sendEvent(view.viewport(), &event);
}

} // namespace

namespace {

// Of any channel of any pixel.
int largestDifference(const QImage& a, const QImage& b)
{
    int largest = a.size() == b.size() ? 0 : 255;
    for (int y = 0; y < std::min(a.height(), b.height()); ++y) {
        for (int x = 0; x < std::min(a.width(), b.width()); ++x) {
            const QRgb one = a.pixel(x, y);
            const QRgb other = b.pixel(x, y);
            largest = std::max({largest, std::abs(qRed(one) - qRed(other)), std::abs(qGreen(one) - qGreen(other)), std::abs(qBlue(one) - qBlue(other))});
        }
    }
    return largest;
}

// Of this thread: what other programs of the machine do does not count.
double workMilliseconds()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

} // namespace

class TestFleetView : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        m_themes = std::make_unique<ThemeController>();
        m_themes->setChoice(ThemeChoice::Light);
    }
    void cleanupTestCase() { m_themes.reset(); }

    void init()
    {
        m_view = std::make_unique<FleetView>();
        m_view->resize(980, 660);
        m_view->setSnapshot(test::sampleHall());
        m_view->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_view.get()));
    }
    void cleanup() { m_view.reset(); }

    // Scrolling draws only what came into sight; the result is the picture that would be drawn from nothing.
    void aScrolledPictureIsTheWholePicture()
    {
        m_view->setFilter(NodeFilter({}, QStringLiteral("verdict!=qualified")));
        for (const qreal pixels : {9.0, 20.0}) {
            m_view->setPixelsPerUnit(pixels);
            m_view->viewport()->grab();
            for (const QPoint to : {QPoint(37, 0), QPoint(140, 55), QPoint(90, 20), QPoint(2000, 900), QPoint(0, 0)}) {
                m_view->horizontalScrollBar()->setValue(to.x());
                m_view->verticalScrollBar()->setValue(to.y());
                const QImage scrolled = m_view->viewport()->grab().toImage();
                m_view->setEmptyText(QString()); // draws everything again
                const QImage whole = m_view->viewport()->grab().toImage();
                const int difference = largestDifference(scrolled, whole);
                QVERIFY2(difference <= 8, qPrintable(QString::number(difference))); // blending rounds one way or the other
            }
        }
    }

    void aClickSelects()
    {
        QSignalSpy edited(m_view.get(), &FleetView::selectionEdited);
        QTest::mouseClick(m_view->viewport(), Qt::LeftButton, {}, m_view->nodeRect({0, 10}).center());
        QCOMPARE(edited.count(), 1);
        QCOMPARE(m_view->selection(), QSet<QString>{QStringLiteral("r07-n11")});
        QTest::mouseClick(m_view->viewport(), Qt::LeftButton, Qt::ControlModifier, m_view->nodeRect({1, 3}).center());
        QCOMPARE(m_view->selection().size(), 2);
        QTest::mouseClick(m_view->viewport(), Qt::LeftButton, {}, m_view->nodeRect({0, 0}).center());
        QTest::mouseClick(m_view->viewport(), Qt::LeftButton, Qt::ShiftModifier, m_view->nodeRect({0, 4}).center());
        QCOMPARE(m_view->selection().size(), 5);
    }

    void aDoubleClickOpens()
    {
        QSignalSpy activated(m_view.get(), &FleetView::nodeActivated);
        QTest::mouseDClick(m_view->viewport(), Qt::LeftButton, {}, m_view->nodeRect({1, 3}).center());
        QCOMPARE(activated.count(), 1);
        QCOMPARE(activated.first().first().toString(), QStringLiteral("r08-n04"));
    }

    void arrowsMoveByPlace()
    {
        m_view->setFocus();
        m_view->setCurrent({0, 0});
        QTest::keyClick(m_view.get(), Qt::Key_Up);
        QCOMPARE(idAt(*m_view, m_view->current()), QStringLiteral("r07-n02"));
        QTest::keyClick(m_view.get(), Qt::Key_Right);
        QCOMPARE(idAt(*m_view, m_view->current()), QStringLiteral("r08-n02"));
        QTest::keyClick(m_view.get(), Qt::Key_Down);
        QCOMPARE(idAt(*m_view, m_view->current()), QStringLiteral("r08-n01"));
        QTest::keyClick(m_view.get(), Qt::Key_Down); // nothing below: stays
        QCOMPARE(idAt(*m_view, m_view->current()), QStringLiteral("r08-n01"));
        QTest::keyClick(m_view.get(), Qt::Key_Home);
        QCOMPARE(idAt(*m_view, m_view->current()), QStringLiteral("r07-n16"));
        QTest::keyClick(m_view.get(), Qt::Key_End);
        QCOMPARE(idAt(*m_view, m_view->current()), QStringLiteral("r10-n01"));
    }

    void fullStopWalksProblemsWorstFirst()
    {
        QStringList seen;
        for (int i = 0; i < 9; ++i) {
            QTest::keyClick(m_view.get(), Qt::Key_Period);
            seen << idAt(*m_view, m_view->current());
        }
        QCOMPARE(seen.mid(0, 4), QStringList({QStringLiteral("r07-n05"), QStringLiteral("r07-n11"), QStringLiteral("r08-n04"), QStringLiteral("r10-n14")}));
        QCOMPARE(seen[4], QStringLiteral("r09-n07")); // unreachable
        QCOMPARE(seen[5], QStringLiteral("r08-n15")); // unknown
        QTest::keyClick(m_view.get(), Qt::Key_Period);
        QCOMPARE(idAt(*m_view, m_view->current()), seen.first()); // round again
        QTest::keyClick(m_view.get(), Qt::Key_Comma);
        QCOMPARE(idAt(*m_view, m_view->current()), seen.last());
    }

    void escapeClearsOneThingAtATime()
    {
        m_view->setFocus();
        QTest::keyClick(m_view.get(), Qt::Key_Period);
        QTest::keyClick(m_view.get(), Qt::Key_Space);
        QVERIFY(!m_view->selection().isEmpty());
        QTest::keyClick(m_view.get(), Qt::Key_Escape); // the card
        QVERIFY(!m_view->selection().isEmpty());
        QTest::keyClick(m_view.get(), Qt::Key_Escape);
        QVERIFY(m_view->selection().isEmpty());
    }

    void coloursTellTheTruth()
    {
        const Theme& theme = themeOf(*m_view);
        const QRect failed = m_view->nodeRect({0, 4});
        const QRect good = m_view->nodeRect({0, 0});
        QCOMPARE(colourAt(*m_view, failed.topLeft() + QPoint(4, 4)), theme.of(State::Failed).fill);
        QCOMPARE(colourAt(*m_view, good.topLeft() + QPoint(4, 4)), theme.of(State::Qualified).fill);
    }

    void aFilterDimsAndKeepsPlaces()
    {
        const QRect before = m_view->nodeRect({0, 0});
        m_view->setFilter({StateSet{State::Failed}, {}});
        QCOMPARE(m_view->nodeRect({0, 0}), before);
        const Theme& theme = themeOf(*m_view);
        const QColor dimmed = colourAt(*m_view, before.topLeft() + QPoint(4, 4));
        QVERIFY(dimmed != theme.of(State::Qualified).fill);
        QVERIFY(dimmed.lightness() > theme.of(State::Qualified).fill.lightness());
        QCOMPARE(colourAt(*m_view, m_view->nodeRect({0, 4}).topLeft() + QPoint(4, 4)), theme.of(State::Failed).fill);
    }

    void controlWheelZoomsDownToTheHall()
    {
        const qreal before = m_view->pixelsPerUnit();
        wheel(*m_view, 1, Qt::ControlModifier);
        QVERIFY(m_view->pixelsPerUnit() > before);
        for (int i = 0; i < 30 && m_view->level() == FleetLevel::Racks; ++i)
            wheel(*m_view, -1, Qt::ControlModifier);
        QCOMPARE(m_view->level(), FleetLevel::Hall);
        wheel(*m_view, 1, Qt::ControlModifier);
        QCOMPARE(m_view->level(), FleetLevel::Racks);
    }

    void everyDetailIsPainted_data()
    {
        QTest::addColumn<qreal>("pixels");
        for (const qreal pixels : {3.0, 5.0, 7.0, 9.0, 13.0, 26.0})
            QTest::addRow("%g px a unit", pixels) << pixels;
    }
    void everyDetailIsPainted()
    {
        QFETCH(qreal, pixels);
        m_view->setPixelsPerUnit(pixels);
        m_view->verticalScrollBar()->setValue(m_view->verticalScrollBar()->maximum());
        const QRect failed = m_view->nodeRect({0, 4});
        QVERIFY(m_view->viewport()->rect().contains(failed.center()));
        QCOMPARE(colourAt(*m_view, {failed.left() + 3, failed.center().y()}), themeOf(*m_view).of(State::Failed).fill);
    }

    void theCurrentNodeSurvivesNewData()
    {
        m_view->setCurrent({2, 6});
        m_view->setSnapshot(test::sampleHall());
        QCOMPARE(idAt(*m_view, m_view->current()), QStringLiteral("r09-n07"));
        m_view->setSnapshot(test::smallLab());
        QVERIFY(!m_view->current().isValid());
    }

    void scrollBarsSettle_data()
    {
        QTest::addColumn<QSize>("size");
        for (int width = 320; width <= 1400; width += 67)
            QTest::addRow("%d", width) << QSize(width, 300 + width % 400);
    }
    void scrollBarsSettle()
    {
        QFETCH(QSize, size);
        m_view->resize(size);
        QApplication::processEvents();
        const QSize viewport = m_view->viewport()->size();
        QApplication::processEvents();
        QCOMPARE(m_view->viewport()->size(), viewport);
        m_view->setCurrent({3, 0});
        QVERIFY(m_view->viewport()->rect().intersects(m_view->nodeRect({3, 0})));
    }

    void everyNodeHasANameForReaders()
    {
        QAccessibleInterface* map = QAccessible::queryAccessibleInterface(m_view.get());
        QVERIFY(map != nullptr);
        QCOMPARE(map->role(), QAccessible::List);
        QCOMPARE(map->childCount(), 64);
        QAccessibleInterface* node = map->child(10);
        QCOMPARE(node->role(), QAccessible::ListItem);
        QCOMPARE(node->text(QAccessible::Name), QStringLiteral("r07-n11, R07 unit 29, Failed"));
        QVERIFY(node->text(QAccessible::Description).startsWith(QStringLiteral("Memory triad")));
        QVERIFY(node->rect().isValid());
        QCOMPARE(map->indexOfChild(node), 10);
        m_view->setSnapshot(test::smallLab());
        QCOMPARE(map->childCount(), 8);
        QVERIFY(map->child(10) == nullptr);
    }

    void countsFilter()
    {
        CountsStrip strip;
        strip.setCounts(test::sampleHall()->counts);
        QSignalSpy changed(&strip, &CountsStrip::shownStatesChanged);
        const QList<QAbstractButton*> buttons = strip.findChildren<QAbstractButton*>();
        QCOMPARE(buttons.size(), static_cast<qsizetype>(stateCount));
        QAbstractButton* failed = buttons[static_cast<qsizetype>(indexOf(State::Failed))];
        QCOMPARE(failed->accessibleName(), QStringLiteral("4 failed"));
        failed->click();
        QCOMPARE(strip.shownStates(), StateSet{State::Failed});
        failed->click();
        QVERIFY(strip.shownStates().isEmpty());
        QCOMPARE(changed.count(), 2);
    }

    void tenThousandNodesStaySmooth_data()
    {
        QTest::addColumn<qreal>("pixels");
        QTest::newRow("full rows") << 13.0;
        QTest::newRow("compact") << 6.5;
        QTest::newRow("blocks") << 3.0;
        QTest::newRow("hall") << 0.0;
    }
    void tenThousandNodesStaySmooth()
    {
        QFETCH(qreal, pixels);
        m_view->resize(1600, 1000);
        const FleetSnapshot fleet = test::largeFleet(500, 20);
        const double beforeSnapshot = workMilliseconds();
        m_view->setSnapshot(fleet);
        const double snapshot = workMilliseconds() - beforeSnapshot;
        if (pixels > 0)
            m_view->setPixelsPerUnit(pixels);
        else
            m_view->setLevel(FleetLevel::Hall);
        QApplication::processEvents();
        QVector<double> renders;
        QVector<double> overlays;
        QPixmap target(m_view->viewport()->size());
        for (int i = 0; i < 15; ++i) {
            m_view->setFilter({{}, i % 2 ? QStringLiteral("node~n") : QStringLiteral("unit>0")}); // changed, so the picture is made anew
            const double before = workMilliseconds();
            m_view->viewport()->render(&target);
            const double between = workMilliseconds();
            m_view->viewport()->render(&target);
            renders << between - before;
            overlays << workMilliseconds() - between;
        }
        std::sort(renders.begin(), renders.end());
        std::sort(overlays.begin(), overlays.end());
        qInfo("10,000 nodes, 1600 x 1000: new snapshot %.2f ms, picture made anew %.2f ms, from the kept picture %.2f ms",
              snapshot, renders[7], overlays[7]);
        QVERIFY2(snapshot < 16, "a new snapshot must be taken within a frame");
        QVERIFY2(renders[7] < 100, "first paint must stay under 100 ms");
        QVERIFY2(overlays[7] < 16, "a repaint must stay within a frame");
    }

private:
    std::unique_ptr<ThemeController> m_themes;
    std::unique_ptr<FleetView> m_view;
};

QTEST_MAIN(TestFleetView)
#include "tst_fleet_view.moc"
