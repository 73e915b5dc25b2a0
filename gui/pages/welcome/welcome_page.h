// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/session/recent_files.h"
#include "gui/session/this_computer.h"
#include "gui/shell/page.h"

class QGridLayout;
class QPushButton;
class QVBoxLayout;

namespace seatrial::gui {

class Notice;
class Panel;
class WordsLabel;

// What can I do here, and what will it do to my nodes?
class WelcomePage : public Page {
    Q_OBJECT

public:
    explicit WelcomePage(QWidget* parent = nullptr);

    QString title() const override { return tr("Seatrial"); }
    bool hasHeader() const override { return false; }

    void setLab(const QString& inventory); // empty: no lab is up
    void setComputer(const QList<ComputerLine>& lines);
    void setRecent(const QList<RecentFile>& files);
    Notice& notice() { return *m_notice; }

signals:
    void labAsked();
    void inventoryAsked();
    void storeAsked();
    void recentChosen(const seatrial::gui::RecentFile& file);

private:
    QWidget* makeTitle();
    QWidget* makeLabCard();
    QWidget* makeFoot();
    Panel* makeRecent();

    Notice* m_notice;
    QWidget* m_labCard;
    WordsLabel* m_labWords;
    QPushButton* m_openLab;
    QGridLayout* m_computer;
    QVBoxLayout* m_recent;
};

} // namespace seatrial::gui
