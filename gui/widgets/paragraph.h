// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/theme/theme.h"
#include "gui/theme/type_roles.h"

#include <QTextEdit>

#include <algorithm>

class QPainter;

namespace seatrial::gui {

// Sentences for reading and copying, as high as their text. Breaks words that do not fit, as paths and fingerprints
// do not. Plain text: what it shows may come from a node.
class Paragraph : public QTextEdit {
    Q_OBJECT

public:
    using Ink = QColor Theme::*;

    explicit Paragraph(TypeRole role, Ink ink = &Theme::text, QWidget* parent = nullptr);

    void setWords(const QString& text);
    void setGround(Ink ground); // a tinted box round the text
    QString words() const { return toPlainText(); }

    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {60, heightForWidth(std::max(width(), 60))}; }

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    bool event(QEvent* event) override; // paints the box; the text lies in the viewport above it

private:
    void dress();

    Ink m_ink;
    Ink m_ground = nullptr;
    bool m_dressing = false;
};

// The same line breaking for painters of rows.
int wrappedHeight(const QString& text, const QFont& font, int width);
void paintWrapped(QPainter& painter, const QRect& rect, const QString& text);

} // namespace seatrial::gui
