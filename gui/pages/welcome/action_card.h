// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/session/recent_files.h"
#include "gui/theme/icons.h"

#include <QAbstractButton>
#include <QWidget>

class QPushButton;

namespace seatrial::gui {

class WordsLabel;

// What one can do here, with its sign, in words, and a button.
class ActionCard : public QWidget {
    Q_OBJECT

public:
    ActionCard(Icon icon, const QString& title, const QString& words, const QString& button, const QString& keys, QWidget* parent = nullptr);

signals:
    void triggered();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    Icon m_icon;
};

// The one framed card: nodes to try it on, with a drawing of racks.
class LabCard : public QWidget {
    Q_OBJECT

public:
    explicit LabCard(QWidget* parent = nullptr);
    WordsLabel* words() { return m_words; }
    QPushButton* button() { return m_button; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    WordsLabel* m_words;
    QPushButton* m_button;
};

// A file that was opened before; grey where it is gone.
class RecentButton : public QAbstractButton {
    Q_OBJECT

public:
    RecentButton(const RecentFile& file, bool exists, QWidget* parent = nullptr);
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    RecentFile m_file;
};

// A key as it lies on a keyboard.
class KeyCap : public QWidget {
    Q_OBJECT

public:
    explicit KeyCap(const QString& key, QWidget* parent = nullptr);
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString m_key;
};

} // namespace seatrial::gui
