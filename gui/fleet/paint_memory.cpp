// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/fleet/paint_memory.h"

#include "gui/theme/type_roles.h"

#include <cmath>

namespace seatrial::gui {

namespace {

constexpr int phases = 16; // places within a pixel that are told apart, each way

// Nearest place within the pixel; a hair left of the next pixel counts as that pixel.
struct Snapped {
    int pixel;
    int phase;
};

Snapped snapped(qreal value)
{
    const auto steps = static_cast<long long>(std::llround(value * phases));
    const auto pixel = static_cast<int>(std::floor(static_cast<double>(steps) / phases));
    return {pixel, static_cast<int>(steps - static_cast<long long>(pixel) * phases)};
}

void append(QByteArray& key, int number)
{
    key.append(static_cast<char>(number & 0xff)).append(static_cast<char>(number >> 8 & 0xff));
}

} // namespace

std::optional<Stamps::Place> Stamps::placeOf(const QPainter& painter, const QRectF& area)
{
    const QTransform& transform = painter.deviceTransform();
    if (transform.type() > QTransform::TxScale || transform.m11() != transform.m22() || transform.m11() <= 0)
        return std::nullopt;
    Place place;
    place.scale = transform.m11();
    const QPointF corner = transform.map(area.topLeft());
    const Snapped x = snapped(corner.x());
    const Snapped y = snapped(corner.y());
    place.corner = {x.pixel, y.pixel};
    place.shift = QPointF(x.phase, y.phase) / (phases * place.scale);
    place.size = {static_cast<int>(std::ceil(area.width() * place.scale + static_cast<qreal>(x.phase) / phases)),
                  static_cast<int>(std::ceil(area.height() * place.scale + static_cast<qreal>(y.phase) / phases))};
    place.key.reserve(8);
    place.key.append(static_cast<char>(x.phase * phases + y.phase));
    append(place.key, place.size.width());
    append(place.key, place.size.height());
    append(place.key, static_cast<int>(std::lround(place.scale * 1024)));
    return place;
}

QImage Stamps::blank(const Place& place)
{
    QImage image(place.size.expandedTo({1, 1}), QImage::Format_ARGB32_Premultiplied);
    image.setDevicePixelRatio(place.scale);
    image.fill(Qt::transparent);
    return image;
}

void Stamps::put(QPainter& painter, const Place& place, const QImage& image)
{
    const QTransform toDevice = painter.deviceTransform();
    if (toDevice.type() <= QTransform::TxTranslate) {
        painter.drawImage(QPointF(place.corner.x() - toDevice.dx(), place.corner.y() - toDevice.dy()), image);
        return;
    }
    const QTransform before = painter.worldTransform();
    painter.setWorldTransform(toDevice.inverted() * before); // pixel for pixel
    painter.drawImage(place.corner, image);
    painter.setWorldTransform(before);
}

void Stamps::remember(const QByteArray& key, QImage image)
{
    const auto kilobytes = static_cast<int>(image.sizeInBytes() / 1024) + 1;
    m_images.insert(key, new QImage(std::move(image)), kilobytes); // the cache owns it
}

TextLines::TextLines()
    : m_fonts{fontFor(TypeRole::Row, QFont::DemiBold), fontFor(TypeRole::Mark), fontFor(TypeRole::Mark, QFont::DemiBold),
              fontFor(TypeRole::Small), fontFor(TypeRole::Axis), fontFor(TypeRole::Axis, QFont::DemiBold),
              fontFor(TypeRole::Heading, QFont::DemiBold)}
{
    for (std::size_t f = 0; f < lineFontCount; ++f) {
        const QFontMetricsF metrics(m_fonts[f]);
        m_heights[f] = {metrics.ascent(), metrics.height()};
    }
}

TextLines::Line& TextLines::line(LineFont font, const QString& text)
{
    auto& lines = m_lines[static_cast<std::size_t>(font)];
    if (const auto known = lines.find(text); known != lines.end())
        return *known;
    if (++m_count > mostLines) {
        m_count = 1;
        for (auto& each : m_lines)
            each.clear();
        for (auto& each : m_elided)
            each.clear();
        for (auto& each : m_shortened)
            each.clear();
    }
    const QFont& face = this->font(font);
    const QFontMetricsF metrics(face);
    Line made;
    made.text = QStaticText(text);
    made.text.setTextFormat(Qt::PlainText);
    made.text.prepare({}, face);
    made.width = metrics.horizontalAdvance(text);
    made.single = !text.contains(QLatin1Char('\n')) && !text.contains(QChar::LineSeparator) && !text.contains(QChar::ParagraphSeparator);
    return *lines.insert(text, std::move(made));
}

qreal TextLines::widthOf(LineFont font, const QString& text) { return line(font, text).width; }

QString TextLines::elided(LineFont font, const QString& text, Qt::TextElideMode mode, qreal room)
{
    if (widthOf(font, text) <= room)
        return text;
    Short& known = m_elided[static_cast<std::size_t>(font)][text];
    if (known.room != room || known.mode != mode)
        known = {room, mode, QFontMetricsF(this->font(font)).elidedText(text, mode, room)};
    return known.text;
}

QString TextLines::shortened(LineFont font, const QString& text, qreal room)
{
    if (widthOf(font, text) <= room)
        return text;
    Short& known = m_shortened[static_cast<std::size_t>(font)][text];
    if (known.room == room)
        return known.text;
    const QFontMetricsF metrics(this->font(font));
    QString rest = text;
    for (const QString& joint : {QStringLiteral(" \u00b7 "), QStringLiteral(" ")}) {
        while (metrics.horizontalAdvance(rest) > room && rest.contains(joint))
            rest.truncate(rest.lastIndexOf(joint));
    }
    known = {room, Qt::ElideRight, metrics.elidedText(rest, Qt::ElideRight, room)};
    return known.text;
}

// Rare: letters that do not fit, several lines.
bool TextLines::standsOut(LineFont font, const QString& text, Line& shaped, qreal base, const QRectF& area) const
{
    if (!shaped.single || shaped.width > area.width() + 1)
        return true;
    if (m_heights[static_cast<std::size_t>(font)].whole <= area.height())
        return false;
    if (!shaped.ink)
        shaped.ink = QFontMetricsF(this->font(font)).tightBoundingRect(text);
    return base + shaped.ink->top() < 0 || base + shaped.ink->bottom() > area.height();
}

void TextLines::draw(QPainter& painter, const QRectF& area, Qt::Alignment alignment, LineFont font, const QString& text)
{
    Line& shaped = line(font, text);
    const QFont& face = this->font(font);
    if (painter.font() != face)
        painter.setFont(face);
    const Height& height = m_heights[static_cast<std::size_t>(font)];
    const qreal base = (area.height() - height.whole) / 2 + height.above;
    if (standsOut(font, text, shaped, base, area)) {
        painter.drawText(area, static_cast<int>(alignment | Qt::AlignVCenter), text); // which cuts off what stands out
        return;
    }
    qreal left = area.left();
    if (alignment & Qt::AlignRight)
        left = area.left() + area.width() - shaped.width;
    else if (alignment & Qt::AlignHCenter)
        left = area.left() + (area.width() - shaped.width) / 2;
    painter.drawStaticText(QPointF(left, area.top() + base - height.above), shaped.text); // its own size is rounded up
}

void TextLines::draw(QPainter& painter, const QRectF& area, Qt::Alignment alignment, LineFont font, const QString& text,
                     Qt::TextElideMode mode, qreal room)
{
    draw(painter, area, alignment, font, elided(font, text, mode, room));
}

} // namespace seatrial::gui
