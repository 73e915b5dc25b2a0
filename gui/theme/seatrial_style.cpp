// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/theme/seatrial_style.h"

#include "gui/theme/control_painter.h"
#include "gui/theme/focus_ring.h"
#include "gui/theme/theme.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QApplication>
#include <QComboBox>
#include <QPainter>
#include <QStyleFactory>
#include <QStyleOption>

namespace seatrial::gui {

SeatrialStyle::SeatrialStyle() : QProxyStyle(QStyleFactory::create(QStringLiteral("Fusion"))) {}

int SeatrialStyle::pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const
{
    switch (metric) {
    case PM_ScrollBarExtent: return 12;
    case PM_IndicatorWidth:
    case PM_IndicatorHeight:
    case PM_ExclusiveIndicatorWidth:
    case PM_ExclusiveIndicatorHeight: return 16;
    case PM_CheckBoxLabelSpacing:
    case PM_RadioButtonLabelSpacing: return 8;
    case PM_ButtonShiftHorizontal:
    case PM_ButtonShiftVertical: return 0;
    case PM_MenuPanelWidth: return 1;
    case PM_MenuVMargin: return 4;
    case PM_MenuBarPanelWidth: return 0;
    case PM_MenuBarItemSpacing: return 2;
    case PM_ToolTipLabelFrameWidth: return 7;
    case PM_HeaderMargin: return 8;
    case PM_DockWidgetSeparatorExtent: return 5;
    default: return QProxyStyle::pixelMetric(metric, option, widget);
    }
}

int SeatrialStyle::styleHint(StyleHint hint, const QStyleOption* option, const QWidget* widget,
                             QStyleHintReturn* result) const
{
    switch (hint) {
    case SH_EtchDisabledText:
    case SH_DitherDisabledText:
    case SH_ScrollBar_Transient:
    case SH_UnderlineShortcut:
    case SH_ComboBox_Popup: return 0;
    case SH_ItemView_ShowDecorationSelected: return 1;
    case SH_ToolTipLabel_Opacity: return 255;
    case SH_ToolTip_WakeUpDelay: return 250;
    default: return QProxyStyle::styleHint(hint, option, widget, result);
    }
}

QSize SeatrialStyle::sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& size,
                                      const QWidget* widget) const
{
    QSize result = QProxyStyle::sizeFromContents(type, option, size, widget);
    switch (type) {
    case CT_PushButton: return {std::max(size.width() + 24, 44), std::max(size.height() + 10, 28)};
    case CT_ComboBox: return {result.width() + 8, std::max(size.height() + 8, 26)};
    case CT_LineEdit: return {result.width(), std::max(size.height() + 8, 26)};
    case CT_MenuBarItem: return {size.width() + 18, std::max(size.height() + 8, 30)};
    case CT_MenuItem: return {result.width() + 12, std::max(result.height(), 26)};
    case CT_CheckBox:
    case CT_RadioButton: return {result.width(), std::max(result.height(), 24)};
    case CT_HeaderSection: return {result.width(), std::max(result.height(), 24)};
    default: return result;
    }
}

QRect SeatrialStyle::subElementRect(SubElement element, const QStyleOption* option, const QWidget* widget) const
{
    const QRect rect = QProxyStyle::subElementRect(element, option, widget);
    return element == SE_LineEditContents ? rect.adjusted(6, 0, -6, 0) : rect;
}

void SeatrialStyle::drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                                  const QWidget* widget) const
{
    const Theme& theme = themeOf(option->palette);
    switch (element) {
    case PE_FrameFocusRect:
        if (qobject_cast<const QAbstractItemView*>(widget) == nullptr && (option->state & State_KeyboardFocusChange))
            paintFocusRing(*painter, theme, option->rect, 4);
        return;
    case PE_PanelButtonCommand: paintPushButton(*painter, theme, *option, widget); return;
    case PE_PanelLineEdit:
    case PE_FrameLineEdit:
        if (!widget || qobject_cast<const QComboBox*>(widget->parentWidget()) == nullptr)
            paintField(*painter, theme, *option);
        return;
    case PE_IndicatorCheckBox: paintCheckBox(*painter, theme, *option); return;
    case PE_IndicatorRadioButton: paintRadioButton(*painter, theme, *option); return;
    case PE_PanelTipLabel:
    case PE_FrameMenu: paintRaised(*painter, theme, option->rect); return;
    case PE_PanelMenu: painter->fillRect(option->rect, theme.raised); return;
    case PE_PanelItemViewRow:
    case PE_PanelItemViewItem: paintItemRow(*painter, theme, *option); return;
    case PE_PanelMenuBar: painter->fillRect(option->rect, theme.chrome); return;
    case PE_Frame:
        painter->setPen(theme.line);
        painter->drawRect(option->rect.adjusted(0, 0, -1, -1));
        return;
    case PE_IndicatorDockWidgetResizeHandle:
        painter->fillRect(option->rect, theme.panel);
        painter->fillRect(QRect(option->rect.topLeft(), QSize(1, option->rect.height())), theme.line);
        return;
    default: QProxyStyle::drawPrimitive(element, option, painter, widget);
    }
}

void SeatrialStyle::drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                                const QWidget* widget) const
{
    const Theme& theme = themeOf(option->palette);
    switch (element) {
    case CE_PushButtonLabel: {
        const auto* button = qstyleoption_cast<const QStyleOptionButton*>(option);
        if (!button)
            break;
        QStyleOptionButton own = *button;
        own.palette.setColor(QPalette::ButtonText, buttonTextColour(theme, *option, widget));
        QProxyStyle::drawControl(element, &own, painter, widget);
        return;
    }
    case CE_ComboBoxLabel: {
        const auto* combo = qstyleoption_cast<const QStyleOptionComboBox*>(option);
        if (!combo)
            break;
        QStyleOptionComboBox own = *combo;
        own.rect.adjust(4, 0, 0, 0);
        const int room = subControlRect(CC_ComboBox, &own, SC_ComboBoxEditField, widget).width() - 4;
        own.currentText = own.fontMetrics.elidedText(combo->currentText, Qt::ElideRight, room);
        QProxyStyle::drawControl(element, &own, painter, widget);
        return;
    }
    case CE_MenuBarEmptyArea: painter->fillRect(option->rect, theme.chrome); return;
    case CE_MenuBarItem:
        if (const auto* item = qstyleoption_cast<const QStyleOptionMenuItem*>(option)) {
            paintMenuBarItem(*painter, theme, *item);
            return;
        }
        break;
    case CE_HeaderSection: paintHeaderSection(*painter, theme, option->rect); return;
    case CE_HeaderLabel:
        if (const auto* header = qstyleoption_cast<const QStyleOptionHeader*>(option)) {
            QStyleOptionHeaderV2 own;
            static_cast<QStyleOptionHeader&>(own) = *header;
            own.palette.setColor(QPalette::ButtonText, theme.text3);
            QProxyStyle::drawControl(element, &own, painter, widget);
            return;
        }
        break;
    default: break;
    }
    QProxyStyle::drawControl(element, option, painter, widget);
}

void SeatrialStyle::drawComplexControl(ComplexControl control, const QStyleOptionComplex* option, QPainter* painter,
                                       const QWidget* widget) const
{
    const Theme& theme = themeOf(option->palette);
    if (control == CC_ScrollBar) {
        const auto* slider = qstyleoption_cast<const QStyleOptionSlider*>(option);
        if (slider) {
            const QRect handle = subControlRect(CC_ScrollBar, slider, SC_ScrollBarSlider, widget);
            paintScrollBar(*painter, theme, *slider, handle);
            return;
        }
    }
    if (control == CC_ComboBox) {
        const auto* combo = qstyleoption_cast<const QStyleOptionComboBox*>(option);
        if (combo) {
            paintComboBox(*painter, theme, *combo);
            return;
        }
    }
    QProxyStyle::drawComplexControl(control, option, painter, widget);
}

void SeatrialStyle::polish(QWidget* widget)
{
    QProxyStyle::polish(widget);
    if (qobject_cast<QAbstractButton*>(widget) || qobject_cast<QComboBox*>(widget))
        widget->setAttribute(Qt::WA_Hover);
}

} // namespace seatrial::gui
