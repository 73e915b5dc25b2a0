// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/theme/contrast.h"
#include "gui/theme/state_painter.h"
#include "gui/theme/textures.h"
#include "gui/theme/theme.h"
#include "gui/theme/theme_controller.h"
#include "gui/theme/type_roles.h"

#include <QApplication>
#include <QPainter>
#include <QPushButton>
#include <QTest>

using namespace seatrial::gui;

Q_DECLARE_METATYPE(State)

namespace {

QImage drawn(const Theme& theme, qreal size, State state, qreal ratio = 1)
{
    QImage image(QSize(32, 32) * ratio, QImage::Format_RGB32);
    image.setDevicePixelRatio(ratio);
    image.fill(theme.panel);
    QPainter painter(&image);
    paintState(painter, theme, {16, 16}, size, state);
    return image;
}

int inkedPixels(const QImage& image, const QColor& ground)
{
    int count = 0;
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x)
            count += image.pixelColor(x, y) != ground ? 1 : 0;
    }
    return count;
}

const Theme& themeNamed(const QString& name) { return name == QLatin1String("dark") ? Theme::night() : Theme::day(); }

void addThemes()
{
    QTest::addColumn<QString>("name");
    QTest::newRow("light") << QStringLiteral("light");
    QTest::newRow("dark") << QStringLiteral("dark");
}

} // namespace

class TestTheme : public QObject {
    Q_OBJECT

private slots:
    void contrastIsTheOneOfWcag()
    {
        QCOMPARE(qRound(contrastRatio(Qt::black, Qt::white) * 100), 2100);
        QCOMPARE(qRound(contrastRatio(QColor(0x76, 0x76, 0x76), Qt::white) * 100), 454);
    }

    void textIsReadableOnEverySurface_data() { addThemes(); }
    void textIsReadableOnEverySurface()
    {
        QFETCH(QString, name);
        const Theme& t = themeNamed(name);
        const std::vector<QColor> grounds = {t.window, t.panel, t.sunken, t.chrome, t.raised, t.hover, t.zebra, t.selection, t.accentTint};
        std::vector<QColor> inks = {t.text, t.text2, t.text3, t.accentInk};
        for (const State state : allStates)
            inks.push_back(t.of(state).ink);
        double least = 21;
        for (const QColor& ground : grounds) {
            for (const QColor& ink : inks)
                least = std::min(least, contrastRatio(ink, ground));
        }
        qInfo("%s: least contrast of text %.2f", qPrintable(name), least);
        QVERIFY2(least >= 4.5, qPrintable(QString::number(least)));
    }

    void statesAreReadable_data() { addThemes(); }
    void statesAreReadable()
    {
        QFETCH(QString, name);
        const Theme& t = themeNamed(name);
        for (const State state : allStates) {
            const StateColours& c = t.of(state);
            QVERIFY(contrastRatio(t.text, c.tint) >= 4.5);
            QVERIFY(contrastRatio(t.text2, c.tint) >= 4.5);
            QVERIFY(contrastRatio(t.text3, c.tint) >= 4.5);
            QVERIFY(contrastRatio(c.ink, c.tint) >= 4.5);
            QVERIFY(contrastRatio(c.on, c.fill) >= 4.5);
            QVERIFY2(contrastRatio(c.edge, t.panel) >= 3.0, qPrintable(wordOf(state)));
            QVERIFY2(contrastRatio(c.edge, t.sunken) >= 2.95, qPrintable(wordOf(state)));
        }
        QVERIFY(contrastRatio(t.focus, t.selection) >= 3.0);
        QVERIFY(contrastRatio(t.accentOn, t.accent) >= 4.5);
    }

    void everyGlyphIsDrawnAndDifferent_data() { addThemes(); }
    void everyGlyphIsDrawnAndDifferent()
    {
        QFETCH(QString, name);
        const Theme& t = themeNamed(name);
        for (const qreal size : {20.0, 14.0, 10.0}) {
            std::vector<QImage> images;
            for (const State state : allStates) {
                const QImage image = drawn(t, size, state);
                QVERIFY2(inkedPixels(image, t.panel) > 12, qPrintable(wordOf(state)));
                for (const QImage& other : images)
                    QVERIFY(image != other);
                images.push_back(image);
            }
        }
    }

    // With all colour taken away the shapes must still tell the states apart.
    void glyphsDifferWithoutColour()
    {
        std::vector<QImage> greys;
        for (const State state : allStates) {
            const QImage grey = drawn(Theme::day(), 14, state).convertToFormat(QImage::Format_Grayscale8);
            for (const QImage& other : greys) {
                int different = 0;
                for (int y = 0; y < 32; ++y) {
                    for (int x = 0; x < 32; ++x)
                        different += std::abs(qGray(grey.pixel(x, y)) - qGray(other.pixel(x, y))) > 40 ? 1 : 0;
                }
                QVERIFY2(different > 20, qPrintable(QStringLiteral("%1: %2").arg(wordOf(state)).arg(different)));
            }
            greys.push_back(grey);
        }
    }

    void worseMarksAreTaller()
    {
        QVERIFY(markHeightShare(State::Failed) > markHeightShare(State::Marginal));
        QVERIFY(markHeightShare(State::Marginal) > markHeightShare(State::Qualified));
        QCOMPARE(markHeightShare(State::Unknown), markHeightShare(State::Failed));
    }

    void texturesAreSeamless_data()
    {
        QTest::addColumn<qreal>("ratio");
        for (const qreal ratio : {1.0, 1.25, 1.5, 2.0, 3.0})
            QTest::addRow("%g", ratio) << ratio;
    }
    void texturesAreSeamless()
    {
        QFETCH(qreal, ratio);
        const QImage tile = hatchBrush(Theme::day(), Grain::Coarse, ratio).textureImage();
        QVERIFY(!tile.isNull());
        // A rising diagonal repeats: moved one pixel right and one up it is the same picture, also across the seam.
        const int side = tile.width();
        QCOMPARE(tile.height(), side);
        int differing = 0;
        for (int y = 0; y < side; ++y) {
            for (int x = 0; x < side; ++x) {
                const QRgb here = tile.pixel(x, y);
                const QRgb there = tile.pixel((x + 1) % side, (y + side - 1) % side);
                differing += std::abs(qGray(here) - qGray(there)) > 12 ? 1 : 0;
            }
        }
        QCOMPARE(differing, 0);
    }

    void thePaletteCarriesTheTheme()
    {
        QVERIFY(!themeOf(Theme::day().palette()).dark);
        QVERIFY(themeOf(Theme::night().palette()).dark);
        QCOMPARE(Theme::night().palette().color(QPalette::Base), Theme::night().panel);
    }

    void theUserChooses()
    {
        ThemeController themes;
        themes.setChoice(ThemeChoice::Dark);
        QPushButton button(QStringLiteral("Start"));
        button.show();
        QVERIFY(themeOf(button).dark);
        themes.setChoice(ThemeChoice::Light);
        QApplication::processEvents();
        QVERIFY(!themeOf(button).dark); // an existing widget follows without a restart
    }

    void numericFontHasEqualDigits()
    {
        const QFontMetricsF metrics(numericFontFor(TypeRole::Row));
        const qreal zero = metrics.horizontalAdvance(QLatin1Char('0'));
        for (char digit = '1'; digit <= '9'; ++digit)
            QVERIFY(std::abs(metrics.horizontalAdvance(QLatin1Char(digit)) - zero) < 0.5);
    }
};

QTEST_MAIN(TestTheme)
#include "tst_theme.moc"
