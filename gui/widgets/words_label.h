// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/theme/theme.h"
#include "gui/theme/type_roles.h"

#include <QLabel>

namespace seatrial::gui {

// Plain text in a role of the type scale and an ink of the theme; follows both when they change. Never rich text:
// what it shows may come from a node.
class WordsLabel : public QLabel {
    Q_OBJECT

public:
    using Ink = QColor Theme::*;

    explicit WordsLabel(TypeRole role, Ink ink = &Theme::text, QWidget* parent = nullptr);
    WordsLabel(const QString& text, TypeRole role, Ink ink = &Theme::text, QWidget* parent = nullptr);

    void setInk(Ink ink);
    void setWeight(QFont::Weight weight);
    WordsLabel& wrapped(); // breaks lines and may be selected

protected:
    void changeEvent(QEvent* event) override;

private:
    void dress();

    TypeRole m_role;
    Ink m_ink;
    std::optional<QFont::Weight> m_weight;
    bool m_dressing = false;
};

} // namespace seatrial::gui
