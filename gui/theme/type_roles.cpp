// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/theme/type_roles.h"

#include <QApplication>
#include <QFontDatabase>
#include <QFontMetricsF>
#include <QHash>
#include <QScreen>

#include <cmath>

namespace seatrial::gui {

namespace {

struct RoleSize {
    double factor;
    QFont::Weight weight;
};

RoleSize sizeOf(TypeRole role)
{
    switch (role) {
    case TypeRole::Display: return {2.24, QFont::DemiBold};
    case TypeRole::Figure: return {1.60, QFont::DemiBold};
    case TypeRole::Title: return {1.44, QFont::DemiBold};
    case TypeRole::Heading: return {1.16, QFont::DemiBold};
    case TypeRole::Section: return {1.04, QFont::DemiBold};
    case TypeRole::Body: return {1.00, QFont::Normal};
    case TypeRole::Row: return {0.96, QFont::Normal};
    case TypeRole::Small: return {0.92, QFont::Normal};
    case TypeRole::Axis: return {0.88, QFont::Normal};
    case TypeRole::Mark: return {0.84, QFont::Normal};
    }
    return {1.0, QFont::Normal};
}

double pointsFromPixels(double pixels)
{
    const QScreen* screen = QGuiApplication::primaryScreen();
    const double dpi = screen ? screen->logicalDotsPerInchY() : 96.0;
    return pixels * 72.0 / dpi;
}

void scale(QFont& font, double factor)
{
    const QFont base = QApplication::font();
    if (base.pointSizeF() > 0)
        font.setPointSizeF(base.pointSizeF() * factor);
    else
        font.setPointSizeF(pointsFromPixels(base.pixelSize() * factor));
}

bool digitsHaveEqualWidth(const QFont& font)
{
    const QFontMetricsF metrics(font);
    const double zero = metrics.horizontalAdvance(QLatin1Char('0'));
    for (char digit = '1'; digit <= '9'; ++digit) {
        if (std::abs(metrics.horizontalAdvance(QLatin1Char(digit)) - zero) > 0.01)
            return false;
    }
    return true;
}

QString firstInstalled(const QStringList& families)
{
    const QStringList installed = QFontDatabase::families();
    for (const QString& family : families) {
        if (installed.contains(family))
            return family;
    }
    return {};
}

// The family for columns of figures: the application's own if its digits line up. Qt 6.4 cannot switch on the
// font feature for tabular digits, so another family has to serve where they do not.
QString numericFamily(const QFont& base)
{
    static QHash<QString, QString> known;
    const auto found = known.constFind(base.family());
    if (found != known.constEnd())
        return *found;
    QString family = base.family();
    if (!digitsHaveEqualWidth(base)) {
        const QString other = firstInstalled({QStringLiteral("Noto Sans"), QStringLiteral("DejaVu Sans"),
                                              QStringLiteral("Segoe UI")});
        if (!other.isEmpty())
            family = other;
    }
    known.insert(base.family(), family);
    return family;
}

} // namespace

QFont fontFor(TypeRole role) { return fontFor(role, sizeOf(role).weight); }

QFont fontFor(TypeRole role, QFont::Weight weight)
{
    QFont font = QApplication::font();
    scale(font, sizeOf(role).factor);
    font.setWeight(weight);
    return font;
}

QFont fixedFontFor(TypeRole role)
{
    QFont font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    scale(font, sizeOf(role).factor);
    return font;
}

QFont numericFontFor(TypeRole role, QFont::Weight weight)
{
    QFont font = fontFor(role, weight);
    font.setFamily(numericFamily(QApplication::font()));
    return font;
}

void chooseApplicationFont()
{
    QFont font = QApplication::font();
    static const QStringList generic = {QString(), QStringLiteral("Sans"), QStringLiteral("Sans Serif"),
                                        QStringLiteral("sans-serif"), QStringLiteral("Helvetica"), QStringLiteral("DejaVu Sans")};
    if (!generic.contains(font.family()))
        return;
    const QString family = firstInstalled({QStringLiteral("Inter"), QStringLiteral("Noto Sans"),
                                           QStringLiteral("Cantarell"), QStringLiteral("DejaVu Sans")});
    if (!family.isEmpty())
        font.setFamily(family);
    font.setPointSizeF(pointsFromPixels(12.5));
    font.setHintingPreference(QFont::PreferNoHinting);
    QApplication::setFont(font);
}

} // namespace seatrial::gui
