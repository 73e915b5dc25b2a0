// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/theme/textures.h"

#include <QPainter>

#include <cmath>
#include <tuple>
#include <vector>

namespace seatrial::gui {

namespace {

struct Pattern {
    QColor ground;
    QColor line;
    qreal period;     // across the lines
    qreal width;
    bool rising;      // "/" if true, "\" if not
};

QImage makeTile(const Pattern& pattern, qreal ratio)
{
    // A diagonal pattern repeats horizontally every period * sqrt(2); four of them round well to whole pixels.
    constexpr int periods = 4;
    const int side = std::max(8, static_cast<int>(std::lround(periods * pattern.period * std::sqrt(2.0) * ratio)));
    const qreal step = static_cast<qreal>(side) / periods;
    QImage tile(side, side, QImage::Format_RGB32);
    tile.fill(pattern.ground);
    QPainter painter(&tile);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(pattern.line, pattern.width * ratio, Qt::SolidLine, Qt::FlatCap));
    const qreal beyond = step;
    for (int i = -periods; i <= 2 * periods; ++i) {
        const qreal x = i * step;
        if (pattern.rising)
            painter.drawLine(QPointF(x - beyond, side + beyond), QPointF(x + side + beyond, -beyond));
        else
            painter.drawLine(QPointF(x - beyond, -beyond), QPointF(x + side + beyond, side + beyond));
    }
    return tile;
}

QBrush brushOf(const Pattern& pattern, qreal ratio)
{
    using Key = std::tuple<QRgb, QRgb, int, int>;
    static std::vector<std::pair<Key, QBrush>> cache; // a handful of entries: two themes, two grains, few screens
    const Key key{pattern.ground.rgb(), pattern.line.rgb(), static_cast<int>(pattern.period * 100),
                  static_cast<int>(ratio * 100)};
    for (const auto& [known, brush] : cache) {
        if (known == key)
            return brush;
    }
    QBrush brush(makeTile(pattern, ratio));
    brush.setTransform(QTransform::fromScale(1 / ratio, 1 / ratio));
    cache.emplace_back(key, brush);
    return brush;
}

} // namespace

QBrush hatchBrush(const Theme& theme, Grain grain, qreal devicePixelRatio)
{
    const bool fine = grain == Grain::Fine;
    return brushOf({theme.hatchGround, theme.hatchLine, fine ? 3.6 : 5.0, fine ? 1.1 : 1.3, true}, devicePixelRatio);
}

QBrush stripeBrush(const Theme& theme, Grain grain, qreal devicePixelRatio)
{
    const bool fine = grain == Grain::Fine;
    const QColor fill = theme.of(State::Running).fill;
    return brushOf({fill, mixed(fill, theme.panel, fine ? 0.70 : 0.62), fine ? 4.4 : 8.0, fine ? 1.9 : 3.4, false},
                   devicePixelRatio);
}

qreal devicePixelRatioOf(const QPainter& painter)
{
    const QPaintDevice* device = painter.device();
    return device ? device->devicePixelRatioF() : 1.0;
}

} // namespace seatrial::gui
