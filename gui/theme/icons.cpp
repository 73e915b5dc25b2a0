// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/theme/icons.h"

#include "gui/theme/theme.h"

#include <QPainter>

namespace seatrial::gui {

namespace {

void strokeLine(QPainterPath& path, std::initializer_list<QPointF> points)
{
    const QPointF* point = points.begin();
    path.moveTo(*point);
    while (++point != points.end())
        path.lineTo(*point);
}

QPainterPath rackPath()
{
    QPainterPath path;
    path.addRect(3, 2, 14, 16);
    for (const qreal y : {7.4, 12.7})
        strokeLine(path, {{3, y}, {17, y}});
    for (const qreal y : {4.7, 10.0, 15.3})
        strokeLine(path, {{6, y}, {7.4, y}});
    return path;
}

QPainterPath playPath()
{
    QPainterPath path;
    path.addEllipse(QPointF(10, 10), 8, 8);
    strokeLine(path, {{7.6, 6.2}, {13.8, 10}, {7.6, 13.8}, {7.6, 6.2}});
    return path;
}

QPainterPath homePath()
{
    QPainterPath path;
    strokeLine(path, {{2.5, 9.6}, {10, 3}, {17.5, 9.6}});
    strokeLine(path, {{4.6, 8.4}, {4.6, 17}, {15.4, 17}, {15.4, 8.4}});
    return path;
}

QPainterPath importPath()
{
    QPainterPath path;
    strokeLine(path, {{3, 12}, {3, 17}, {17, 17}, {17, 12}});
    strokeLine(path, {{10, 3}, {10, 13}});
    strokeLine(path, {{6.4, 9.6}, {10, 13.2}, {13.6, 9.6}});
    return path;
}

QPainterPath nodePath()
{
    QPainterPath path;
    for (const qreal y : {4.0, 10.5}) {
        path.addRoundedRect(QRectF(2.5, y, 15, 6), 1, 1);
        strokeLine(path, {{5.5, y + 3}, {6.9, y + 3}});
    }
    return path;
}

QPainterPath filePath()
{
    QPainterPath path;
    strokeLine(path, {{11.5, 2.5}, {4.5, 2.5}, {4.5, 17.5}, {15.5, 17.5}, {15.5, 6.5}, {11.5, 2.5}, {11.5, 6.5}, {15.5, 6.5}});
    return path;
}

QPainterPath pinPath()
{
    QPainterPath path;
    strokeLine(path, {{10, 12.2}, {10, 17.5}});
    strokeLine(path, {{6, 12.2}, {14, 12.2}, {12.6, 8.2}, {12.6, 3.2}, {7.4, 3.2}, {7.4, 8.2}, {6, 12.2}});
    return path;
}

QPainterPath lockPath()
{
    QPainterPath path;
    path.addRoundedRect(QRectF(4.5, 9, 11, 8.5), 1, 1);
    path.moveTo(7, 9);
    path.lineTo(7, 6);
    path.cubicTo(7, 2, 13, 2, 13, 6);
    path.lineTo(13, 9);
    return path;
}

} // namespace

QPainterPath iconPath(Icon icon)
{
    QPainterPath path;
    switch (icon) {
    case Icon::Rack: return rackPath();
    case Icon::Play: return playPath();
    case Icon::Home: return homePath();
    case Icon::Import: return importPath();
    case Icon::Node: return nodePath();
    case Icon::File: return filePath();
    case Icon::Pin: return pinPath();
    case Icon::Lock: return lockPath();
    case Icon::Search:
        path.addEllipse(QPointF(8.5, 8.5), 5, 5);
        strokeLine(path, {{12.3, 12.3}, {16.5, 16.5}});
        return path;
    case Icon::Close:
        strokeLine(path, {{6, 6}, {14, 14}});
        strokeLine(path, {{14, 6}, {6, 14}});
        return path;
    case Icon::ChevronDown: strokeLine(path, {{6.5, 8.4}, {10, 12}, {13.5, 8.4}}); return path;
    case Icon::ChevronRight: strokeLine(path, {{8.4, 6.5}, {12, 10}, {8.4, 13.5}}); return path;
    case Icon::Stop: path.addRoundedRect(QRectF(5, 5, 10, 10), 1, 1); return path;
    case Icon::Copy:
        path.addRoundedRect(QRectF(7, 7, 10, 10), 1, 1);
        strokeLine(path, {{13, 4}, {13, 3}, {3, 3}, {3, 13}, {4, 13}});
        return path;
    case Icon::Plus:
        strokeLine(path, {{10, 4.5}, {10, 15.5}});
        strokeLine(path, {{4.5, 10}, {15.5, 10}});
        return path;
    }
    return path;
}

void paintIcon(QPainter& painter, Icon icon, QPointF centre, const QColor& colour, qreal size, qreal stroke)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(centre);
    painter.scale(size / 20, size / 20);
    painter.translate(-10, -10);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(colour, stroke * 20 / size, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPath(iconPath(icon));
    painter.restore();
}

QIcon makeIcon(Icon icon, const QColor& colour, const QColor& disabled)
{
    QIcon result;
    for (const int scale : {1, 2, 3}) {
        for (const auto mode : {QIcon::Normal, QIcon::Disabled}) {
            QPixmap pixmap(20 * scale, 20 * scale);
            pixmap.setDevicePixelRatio(scale);
            pixmap.fill(Qt::transparent);
            QPainter painter(&pixmap);
            paintIcon(painter, icon, {10, 10}, mode == QIcon::Normal ? colour : disabled);
            painter.end();
            result.addPixmap(pixmap, mode);
        }
    }
    return result;
}

void paintLogo(QPainter& painter, const QRectF& rect, const QColor& ground, const QColor& line)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(rect.topLeft());
    painter.scale(rect.width() / 52, rect.height() / 52);
    painter.setPen(Qt::NoPen);
    painter.setBrush(ground);
    painter.drawRoundedRect(QRectF(0, 0, 52, 52), 11, 11);
    QPainterPath wave(QPointF(11, 35));
    wave.quadTo({18.5, 25.4}, {26, 35});
    wave.quadTo({33.5, 44.6}, {41, 35});
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(line, rect.width() < 30 ? 5 : 4, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPath(wave);
    painter.drawLine(QPointF(26, 10.5), QPointF(26, 24.5));
    painter.restore();
}

QIcon applicationIcon()
{
    QIcon icon;
    for (const int size : {16, 24, 32, 48, 64, 128, 256}) {
        QPixmap pixmap(size, size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        paintLogo(painter, QRectF(0, 0, size, size), Theme::day().accent, Theme::day().accentOn);
        painter.end();
        icon.addPixmap(pixmap);
    }
    return icon;
}

} // namespace seatrial::gui
