// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QHBoxLayout;
class QVBoxLayout;

namespace seatrial::gui {

class WordsLabel;

// A framed part of a page: a title, a quiet second line beside it, controls at the right, and a body.
class Panel : public QWidget {
    Q_OBJECT

public:
    explicit Panel(const QString& title = {}, QWidget* parent = nullptr);

    void setTitle(const QString& title);
    void setHint(const QString& hint);
    void addControl(QWidget* control); // at the right of the title
    QVBoxLayout& body() { return *m_body; }
    void setFlush(); // the body reaches the frame, as tables do

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QWidget* m_headBox;
    QHBoxLayout* m_head;
    QVBoxLayout* m_body;
    WordsLabel* m_title;
    WordsLabel* m_hint;
};

} // namespace seatrial::gui
