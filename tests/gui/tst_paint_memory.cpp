// SPDX-License-Identifier: GPL-3.0-or-later
// What is laid down from memory is what would have been drawn.
#include "gui/fleet/paint_memory.h"
#include "gui/theme/state_painter.h"
#include "gui/theme/theme_controller.h"

#include <QTest>

#include <algorithm>
#include <cstdlib>

using namespace seatrial::gui;

namespace {

QImage canvas(qreal ratio)
{
    QImage image(QSize(240, 60) * ratio, QImage::Format_RGB32);
    image.setDevicePixelRatio(ratio);
    image.fill(Theme::day().window);
    return image;
}

// Of any channel of any pixel.
int largestDifference(const QImage& a, const QImage& b)
{
    int largest = a.size() == b.size() ? 0 : 255;
    for (int y = 0; y < std::min(a.height(), b.height()); ++y) {
        for (int x = 0; x < std::min(a.width(), b.width()); ++x) {
            const QRgb one = a.pixel(x, y);
            const QRgb other = b.pixel(x, y);
            largest = std::max({largest, std::abs(qRed(one) - qRed(other)), std::abs(qGreen(one) - qGreen(other)),
                                std::abs(qBlue(one) - qBlue(other))});
        }
    }
    return largest;
}

constexpr qreal dim = 0.35;

void drawBlock(QPainter& painter, const QRectF& box, qreal opacity)
{
    painter.setOpacity(opacity);
    paintStateCell(painter, Theme::day(), box, State::Marginal);
    paintStateBlock(painter, Theme::day(), QRectF(box.topLeft(), QSizeF(20, box.height())), State::Failed);
    painter.setOpacity(1);
}

} // namespace

class TestPaintMemory : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { m_themes = std::make_unique<ThemeController>(); }
    void cleanupTestCase() { m_themes.reset(); }

    void aStampIsWhatWouldBeDrawn_data()
    {
        QTest::addColumn<qreal>("ratio");
        QTest::addColumn<qreal>("opacity");
        for (const qreal ratio : {1.0, 1.25, 1.5, 2.0}) {
            for (const qreal opacity : {1.0, dim})
                QTest::addRow("%g, opacity %g", ratio, opacity) << ratio << opacity;
        }
    }
    void aStampIsWhatWouldBeDrawn()
    {
        QFETCH(qreal, ratio);
        QFETCH(qreal, opacity);
        Stamps stamps;
        for (const QPoint corner : {QPoint(3, 5), QPoint(4, 5), QPoint(71, 22), QPoint(130, 7)}) { // the first makes it
            const QRectF box(corner, QSizeF(90, 24));
            QImage direct = canvas(ratio);
            QImage stamped = canvas(ratio);
            {
                QPainter painter(&direct);
                drawBlock(painter, box, opacity);
            }
            {
                QPainter painter(&stamped);
                stamps.lay(painter, box.adjusted(-1, -1, 1, 1), "block", [&](QPainter& onStamp) { drawBlock(onStamp, box, opacity); });
            }
            const int difference = largestDifference(direct, stamped);
            QVERIFY2(difference <= 4, qPrintable(QString::number(difference))); // of 255: blended once more
            QVERIFY(largestDifference(stamped, canvas(ratio)) > 50);
        }
    }

    void sizeAndLookTellStampsApart()
    {
        Stamps stamps;
        QImage image = canvas(1);
        QPainter painter(&image);
        int drawn = 0;
        const auto lay = [&](QSizeF size, const QByteArray& look, QPointF corner) {
            stamps.lay(painter, QRectF(corner, size), look, [&](QPainter&) { ++drawn; });
        };
        lay({20, 10}, "a", {0, 0});
        lay({20, 10}, "a", {50, 20});
        QCOMPARE(drawn, 1);
        lay({20, 11}, "a", {0, 0});
        lay({20, 10}, "b", {0, 0});
        lay({20, 10}, "a", {0.5, 0}); // elsewhere within the pixel
        QCOMPARE(drawn, 4);
        painter.rotate(30); // nothing to be laid pixel for pixel
        lay({20, 10}, "a", {0, 0});
        lay({20, 10}, "a", {0, 0});
        QCOMPARE(drawn, 6);
    }

    void aLineStandsWhereDrawTextPutsIt_data()
    {
        QTest::addColumn<LineFont>("font");
        QTest::addColumn<QString>("text");
        QTest::addColumn<qreal>("ratio");
        const std::pair<LineFont, const char*> samples[] = {
            {LineFont::RowBold, "node-17"}, {LineFont::Mark, "41"}, {LineFont::MarkBold, "gpu-07"},
            {LineFont::Small, "476 GB/s"}, {LineFont::Axis, "Jumpy triad"}, {LineFont::HeadingBold, "R07"}};
        for (const auto& [font, text] : samples) {
            for (const qreal ratio : {1.0, 1.5, 2.0})
                QTest::addRow("%s at %g", text, ratio) << font << QString::fromLatin1(text) << ratio;
        }
    }
    void aLineStandsWhereDrawTextPutsIt()
    {
        QFETCH(LineFont, font);
        QFETCH(QString, text);
        QFETCH(qreal, ratio);
        TextLines lines;
        for (const auto alignment : {Qt::AlignLeft, Qt::AlignRight, Qt::AlignHCenter}) {
            for (const qreal height : {9.0, 14.0, 24.0}) { // too low for its letters, too
                for (int eighth = 0; eighth < 8; ++eighth) {
                    const QRectF area(10, 12 + eighth / 8.0, 150, height);
                    QImage direct = canvas(ratio);
                    QImage kept = canvas(ratio);
                    {
                        QPainter painter(&direct);
                        painter.setFont(lines.font(font));
                        painter.drawText(area, static_cast<int>(alignment | Qt::AlignVCenter), text);
                    }
                    {
                        QPainter painter(&kept);
                        lines.draw(painter, area, alignment, font, text);
                    }
                    const int difference = largestDifference(direct, kept);
                    // A quarter of a pixel to the side is allowed on scaled screens; another line of pixels is above 200.
                    QVERIFY2(difference <= (ratio == 1.0 ? 48 : 120), qPrintable(QStringLiteral("%1 at %2/8, height %3").arg(difference).arg(eighth).arg(height)));
                }
            }
        }
    }

    void whatIsTooWideIsElided()
    {
        TextLines lines;
        const QString name = QStringLiteral("a-very-long-name-of-a-node-01");
        const qreal width = lines.widthOf(LineFont::RowBold, name);
        QCOMPARE(lines.elided(LineFont::RowBold, name, Qt::ElideMiddle, width), name);
        const QString words = QStringLiteral("GPU 3 \u00b7 282 wrong fp32");
        QCOMPARE(lines.shortened(LineFont::Axis, words, lines.widthOf(LineFont::Axis, words)), words);
        QCOMPARE(lines.shortened(LineFont::Axis, words, lines.widthOf(LineFont::Axis, words) - 1), QStringLiteral("GPU 3"));
        QCOMPARE(lines.shortened(LineFont::Axis, QStringLiteral("477.2 GB/s"), lines.widthOf(LineFont::Axis, QStringLiteral("477.2 GB"))), QStringLiteral("477.2"));
        for (const qreal room : {width / 2, width / 3, width / 2}) {
            const QString shown = lines.elided(LineFont::RowBold, name, Qt::ElideMiddle, room);
            QCOMPARE(shown, QFontMetricsF(lines.font(LineFont::RowBold)).elidedText(name, Qt::ElideMiddle, room));
            QVERIFY(shown != name);
        }
    }

private:
    std::unique_ptr<ThemeController> m_themes;
};

QTEST_MAIN(TestPaintMemory)
#include "tst_paint_memory.moc"
