// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QCache>
#include <QFont>
#include <QFontMetricsF>
#include <QHash>
#include <QImage>
#include <QPainter>
#include <QStaticText>

#include <array>
#include <optional>

namespace seatrial::gui {

// Looks that occur often, drawn once: thousands of rows differ in a few attributes only. A stamp lies on whole pixels of
// the device and shows what would have been drawn there, to the rounding of one blending. Its textures begin at its own
// corner.
class Stamps {
public:
    // @p draw paints into @p area, whatever its place, always the same for the same @p look, size and theme.
    template <typename Draw>
    void lay(QPainter& painter, const QRectF& area, const QByteArray& look, const Draw& draw)
    {
        const std::optional<Place> place = placeOf(painter, area);
        if (!place) {
            draw(painter);
            return;
        }
        const QByteArray key = look + place->key;
        if (const QImage* known = m_images.object(key)) {
            put(painter, *place, *known);
            return;
        }
        QImage image = blank(*place);
        {
            QPainter onImage(&image);
            onImage.translate(place->shift - area.topLeft());
            onImage.setBrushOrigin(area.topLeft());
            draw(onImage);
        }
        image.setDevicePixelRatio(1);
        put(painter, *place, image);
        remember(key, std::move(image));
    }
    void clear() { m_images.clear(); }

private:
    struct Place {
        QPoint corner;  // in pixels of the device
        QPointF shift;  // of the area in the image, in logical pixels: less than a pixel of the device
        QSize size;     // in pixels of the device
        qreal scale = 1;
        QByteArray key; // what of it the look depends on
    };
    static std::optional<Place> placeOf(const QPainter& painter, const QRectF& area); // none: turned or sheared
    static QImage blank(const Place& place);
    static void put(QPainter& painter, const Place& place, const QImage& image);
    void remember(const QByteArray& key, QImage image);

    static constexpr int mostKilobytes = 32 * 1024;
    QCache<QByteArray, QImage> m_images{mostKilobytes};
};

enum class LineFont { RowBold, Mark, MarkBold, Small, Axis, AxisBold, HeadingBold };
constexpr std::size_t lineFontCount = 7;

// Single lines of text, measured and shaped once.
class TextLines {
public:
    TextLines();

    const QFont& font(LineFont font) const { return m_fonts[static_cast<std::size_t>(font)]; }
    qreal widthOf(LineFont font, const QString& text);
    // As QPainter::drawText into the area, in the pen of the painter; what is wider than @p room is elided.
    void draw(QPainter& painter, const QRectF& area, Qt::Alignment alignment, LineFont font, const QString& text);
    void draw(QPainter& painter, const QRectF& area, Qt::Alignment alignment, LineFont font, const QString& text,
              Qt::TextElideMode mode, qreal room);
    QString elided(LineFont font, const QString& text, Qt::TextElideMode mode, qreal room);
    // What of "GPU 3 · 282 wrong" or "477.2 GB/s" fits: whole parts from the left, else whole words; cut only within the first.
    QString shortened(LineFont font, const QString& text, qreal room);

private:
    struct Line {
        QStaticText text;
        qreal width = 0;
        std::optional<QRectF> ink; // of the letters, from where they stand; measured when first asked for
        bool single = true; // no line break
    };
    struct Short { // the line elided last
        qreal room = -1;
        Qt::TextElideMode mode = Qt::ElideNone;
        QString text;
    };
    Line& line(LineFont font, const QString& text);
    bool standsOut(LineFont font, const QString& text, Line& shaped, qreal base, const QRectF& area) const;

    static constexpr int mostLines = 16'384; // about 1 kB each
    struct Height {
        qreal above = 0; // the line that letters stand on
        qreal whole = 0;
    };
    std::array<QFont, lineFontCount> m_fonts;
    std::array<Height, lineFontCount> m_heights;
    std::array<QHash<QString, Line>, lineFontCount> m_lines;
    std::array<QHash<QString, Short>, lineFontCount> m_elided;
    std::array<QHash<QString, Short>, lineFontCount> m_shortened;
    int m_count = 0;
};

// What one drawing may leave to the next. Of one theme and one set of fonts: a new one is made when either changes.
struct PaintMemory {
    Stamps stamps;
    TextLines lines;
};

} // namespace seatrial::gui
