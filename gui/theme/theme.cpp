// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/theme/theme.h"

#include <QWidget>

#include <cmath>

namespace seatrial::gui {

namespace {

QColor rgb(QRgb value) { return QColor::fromRgb(value); }

Theme makeDay()
{
    Theme t;
    t.dark = false;
    t.chrome = rgb(0xE1E6EB);
    t.window = rgb(0xEEF1F4);
    t.panel = rgb(0xFFFFFF);
    t.sunken = rgb(0xE6EAEE);
    t.raised = rgb(0xFFFFFF);
    t.hover = rgb(0xF1F5F9);
    t.zebra = rgb(0xF8FAFB);
    t.selection = rgb(0xD5E6F6);
    t.text = rgb(0x17202A);
    t.text2 = rgb(0x445160);
    t.text3 = rgb(0x566472);
    t.textDisabled = rgb(0x73808D);
    t.line = rgb(0xD3DAE1);
    t.lineStrong = rgb(0xAEB9C4);
    t.lineGrid = rgb(0xE8ECF0);
    t.lineFrame = rgb(0x7E8B98);
    t.accent = rgb(0x1D5B94);
    t.accentOn = rgb(0xFFFFFF);
    t.accentInk = rgb(0x1A5389);
    t.accentTint = rgb(0xE0ECF7);
    t.focus = rgb(0x1D5B94);
    t.hatchLine = rgb(0x8D99A5);
    t.hatchGround = rgb(0xF1F4F6);
    t.quietMark = rgb(0x9AA6B2);
    t.states = {{
        {rgb(0x63A27C), rgb(0x3F7857), rgb(0x2B6445), rgb(0xE9F3ED), rgb(0x0E141A)}, // qualified
        {rgb(0xF4B61E), rgb(0x9C6A00), rgb(0x7A5200), rgb(0xFDF3D9), rgb(0x0E141A)}, // marginal
        {rgb(0xAA1023), rgb(0x7C0A18), rgb(0xA30F21), rgb(0xFBE9EA), rgb(0xFFFFFF)}, // failed
        {rgb(0x7E4B9A), rgb(0x5B3273), rgb(0x6B3A87), rgb(0xF2EAF6), rgb(0xFFFFFF)}, // unknown
        {rgb(0x38BAF8), rgb(0x0E78B0), rgb(0x0A5F8E), rgb(0xE1F3FD), rgb(0x0E141A)}, // running
        {rgb(0xFFFFFF), rgb(0x9C6A00), rgb(0x7A5200), rgb(0xFDF3D9), rgb(0x7A5200)}, // stuck
        {rgb(0xF1F4F6), rgb(0x7A8794), rgb(0x566472), rgb(0xEEF1F4), rgb(0x566472)}, // not tested
        {rgb(0xFFFFFF), rgb(0x5B6873), rgb(0x4B5864), rgb(0xF4F6F8), rgb(0x4B5864)}, // unreachable
    }};
    t.seriesReference = rgb(0x1D5B94);
    t.seriesUnderTest = rgb(0xB0561B);
    t.seriesContext = rgb(0x6D7885);
    t.band = rgb(0xDCE7F1);
    t.absolute = {rgb(0xFEE838), rgb(0xE5CF52), rgb(0xC8B866), rgb(0xAEA371), rgb(0x948E77), rgb(0x7D7C78),
                  rgb(0x666970), rgb(0x4F576C), rgb(0x35456C), rgb(0x083370), rgb(0x00224E)};
    t.deviation = {rgb(0x8F3B00), rgb(0xD6741B), rgb(0xF3AE68), rgb(0xFBDDBB), rgb(0xF1F2F1),
                   rgb(0xCFE1F2), rgb(0x8DBBE2), rgb(0x4487C4), rgb(0x164F86)};
    t.belowLimitAbsolute = rgb(0xFF5F4A);
    t.belowLimitDeviation = rgb(0xAA1023);
    return t;
}

Theme makeNight()
{
    Theme t;
    t.dark = true;
    t.chrome = rgb(0x0B0F13);
    t.window = rgb(0x0F1419);
    t.panel = rgb(0x171D23);
    t.sunken = rgb(0x11161B);
    t.raised = rgb(0x212932);
    t.hover = rgb(0x1E262E);
    t.zebra = rgb(0x1A2027);
    t.selection = rgb(0x193450);
    t.text = rgb(0xE6EBF0);
    t.text2 = rgb(0xB1BCC7);
    t.text3 = rgb(0x93A0AC);
    t.textDisabled = rgb(0x697580);
    t.line = rgb(0x2A333C);
    t.lineStrong = rgb(0x46525E);
    t.lineGrid = rgb(0x222A32);
    t.lineFrame = rgb(0x5E6B78);
    t.accent = rgb(0x6FB3EE);
    t.accentOn = rgb(0x0B1117);
    t.accentInk = rgb(0x8CC3F2);
    t.accentTint = rgb(0x18304A);
    t.focus = rgb(0x8CC3F2);
    t.hatchLine = rgb(0x6B7783);
    t.hatchGround = rgb(0x1A2128);
    t.quietMark = rgb(0x6B7783);
    t.states = {{
        {rgb(0x66C29A), rgb(0x8ED7B7), rgb(0x7DD0AC), rgb(0x16281F), rgb(0x0B1117)}, // qualified
        {rgb(0xF6C244), rgb(0xFFDA85), rgb(0xF6C65A), rgb(0x2E2614), rgb(0x0B1117)}, // marginal
        {rgb(0xDD4A3A), rgb(0xFF8A7A), rgb(0xFF8F80), rgb(0x351B1A), rgb(0x0B1117)}, // failed
        {rgb(0xC9AEF7), rgb(0xDFCEFC), rgb(0xD2BBF9), rgb(0x272035), rgb(0x0B1117)}, // unknown
        {rgb(0x2F7FDC), rgb(0x7FB7F5), rgb(0x84BBF6), rgb(0x14273F), rgb(0x0B1117)}, // running
        {rgb(0x171D23), rgb(0xFFDA85), rgb(0xF6C65A), rgb(0x2E2614), rgb(0xF6C65A)}, // stuck
        {rgb(0x1A2128), rgb(0x8995A1), rgb(0xA3AFBA), rgb(0x1D242B), rgb(0xA3AFBA)}, // not tested
        {rgb(0x171D23), rgb(0xA6B2BD), rgb(0xB1BCC7), rgb(0x1A2128), rgb(0xB1BCC7)}, // unreachable
    }};
    t.seriesReference = rgb(0x6FB3EE);
    t.seriesUnderTest = rgb(0xE89A5B);
    t.seriesContext = rgb(0x93A0AC);
    t.band = rgb(0x1B2A38);
    t.absolute = Theme::day().absolute;
    t.deviation = {rgb(0xFFC079), rgb(0xDD8B33), rgb(0x93601F), rgb(0x513B20), rgb(0x2A3138),
                   rgb(0x25425F), rgb(0x2E6CA3), rgb(0x519FDF), rgb(0xA9D5FF)};
    t.belowLimitAbsolute = rgb(0xFF5F4A);
    t.belowLimitDeviation = rgb(0xFF7363);
    return t;
}

} // namespace

const Theme& Theme::day()
{
    static const Theme theme = makeDay();
    return theme;
}

const Theme& Theme::night()
{
    static const Theme theme = makeNight();
    return theme;
}

QPalette Theme::palette() const
{
    QPalette p;
    p.setColor(QPalette::Window, window);
    p.setColor(QPalette::Base, panel);
    p.setColor(QPalette::AlternateBase, zebra);
    p.setColor(QPalette::Button, panel);
    p.setColor(QPalette::WindowText, text);
    p.setColor(QPalette::Text, text);
    p.setColor(QPalette::ButtonText, text);
    p.setColor(QPalette::BrightText, accentOn);
    p.setColor(QPalette::PlaceholderText, text3);
    p.setColor(QPalette::Highlight, selection);
    p.setColor(QPalette::HighlightedText, text);
    p.setColor(QPalette::Link, accentInk);
    p.setColor(QPalette::LinkVisited, accentInk);
    p.setColor(QPalette::ToolTipBase, raised);
    p.setColor(QPalette::ToolTipText, text);
    p.setColor(QPalette::Light, raised);
    p.setColor(QPalette::Midlight, hover);
    p.setColor(QPalette::Mid, line);
    p.setColor(QPalette::Dark, lineStrong);
    p.setColor(QPalette::Shadow, lineFrame);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::HighlightedText})
        p.setColor(QPalette::Disabled, role, textDisabled);
    p.setColor(QPalette::Disabled, QPalette::Base, panel);
    p.setColor(QPalette::Disabled, QPalette::Highlight, sunken);
    return p;
}

const Theme& themeOf(const QPalette& palette)
{
    const bool dark = palette.color(QPalette::Window).lightness() < palette.color(QPalette::WindowText).lightness();
    return dark ? Theme::night() : Theme::day();
}

const Theme& themeOf(const QWidget& widget) { return themeOf(widget.palette()); }

QColor mixed(const QColor& from, const QColor& towards, double share)
{
    const auto channel = [share](int a, int b) { return static_cast<int>(std::lround(a + (b - a) * share)); };
    return {channel(from.red(), towards.red()), channel(from.green(), towards.green()),
            channel(from.blue(), towards.blue())};
}

} // namespace seatrial::gui
