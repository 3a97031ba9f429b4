// The page's own few words. What the conversation says comes from the server, already translated.

const WORDS = {
  en: {
    title: "Health Code",
    large: "Large text",
    language: "Language of this page",
    leave: "Leave this device",
    leaveTitle: "Leave this device?",
    leaveWhat: "The conversation is taken off this device, so that the next person cannot read it. What you have not finished would have to be begun again. Your registration stays: to come back, register again with the same document and mobile number.",
    leaveGo: "Yes, leave",
    leaveStay: "No, stay",
    notLeft: "No connection just now, so the conversation is still here. Please try again.",
    conversation: "Conversation",
    typing: "Writing an answer",
    newer: "More below",
    editing: "Changing what you sent",
    unedit: "Leave it as it was",
    attach: "Send a file",
    choose: "Choose the file to send",
    write: "Your message",
    send: "Send",
    phone: "Your phone",
    hide: "Hide",
    show: "Show",
    nosms: "Text messages to your phone will appear here.",
    smsTo: "Text message to",
    drop: "Let go to send the file",
    open: "Show large, for the gate",
    gate: "Your code, large",
    close: "Close",
    edit: "Change",
    again: "Try again",
    you: "You:",
    service: "Health Code:",
    sending: "Sending…",
    waiting: "Not sent yet – it goes by itself when you are connected again",
    taken: "Received",
    removed: "Removed from this page for your privacy",
    tooLong: "Too long to send. Please send it in shorter parts.",
    unreadable: "This could not be sent. Please load the page again.",
    tooLarge: "This file is too large. It can be up to 10 MB.",
    tooSlow: "The connection was too slow for this file. Please try again.",
    uploading: "Sending the file",
    connecting: "Connecting…",
    lost: "No connection just now. Nothing is lost, and you may go on writing.",
    elsewhere: "You went on in another tab. Touch or type here to go on in this one.",
    cookies: "This chat needs cookies. Please allow them for this page and load it again.",
  },
  "zh-Hant-HK": {
    title: "健康碼",
    large: "大字",
    language: "本頁語言",
    leave: "離開這部裝置",
    leaveTitle: "離開這部裝置？",
    leaveWhat: "這部裝置上的對話會被清除，下一位使用者便看不到。未完成的部分需要重新開始。您的登記會保留：日後回來，只要用同一證件和手機號碼再登記一次便可。",
    leaveGo: "是，離開",
    leaveStay: "不，留下",
    notLeft: "暫時未能連線，對話仍在這裏。請再試一次。",
    conversation: "對話",
    typing: "正在輸入回覆",
    newer: "下面還有內容",
    editing: "正在更改已傳送的訊息",
    unedit: "不更改",
    attach: "傳送檔案",
    choose: "選擇要傳送的檔案",
    write: "輸入訊息",
    send: "傳送",
    phone: "您的手機",
    hide: "隱藏",
    show: "顯示",
    nosms: "傳送到您手機的短訊會在這裏顯示。",
    smsTo: "短訊傳送至",
    drop: "放開即可傳送檔案",
    open: "放大給閘口看",
    gate: "放大的健康碼",
    close: "關閉",
    edit: "更改",
    again: "再試一次",
    you: "您：",
    service: "健康碼：",
    sending: "傳送中…",
    waiting: "未傳送，重新連線後會自動傳送",
    taken: "已收到",
    removed: "為保障您的私隱，已從本頁移除",
    tooLong: "訊息太長，請分開幾段傳送。",
    unreadable: "未能傳送，請重新載入本頁。",
    tooLarge: "檔案太大，上限為 10 MB。",
    tooSlow: "連線太慢，未能傳送檔案，請再試一次。",
    uploading: "正在傳送檔案",
    connecting: "連線中…",
    lost: "暫時未能連線。內容不會遺失，您可以繼續輸入。",
    elsewhere: "您已在另一個分頁繼續。輕觸或輸入即可在這裏繼續。",
    cookies: "本對話需要使用 Cookie。請允許本頁使用 Cookie，然後重新載入。",
  },
  "zh-Hans": {
    title: "健康码",
    large: "大字",
    language: "本页语言",
    leave: "离开此设备",
    leaveTitle: "离开此设备？",
    leaveWhat: "此设备上的对话会被清除，下一位使用者就看不到了。未完成的部分需要重新开始。您的登记会保留：以后回来，只要用同一证件和手机号码再登记一次即可。",
    leaveGo: "是，离开",
    leaveStay: "不，留下",
    notLeft: "暂时无法连接，对话仍在这里。请再试一次。",
    conversation: "对话",
    typing: "正在输入回复",
    newer: "下面还有内容",
    editing: "正在修改已发送的消息",
    unedit: "不修改",
    attach: "发送文件",
    choose: "选择要发送的文件",
    write: "输入消息",
    send: "发送",
    phone: "您的手机",
    hide: "隐藏",
    show: "显示",
    nosms: "发送到您手机的短信会显示在这里。",
    smsTo: "短信发送至",
    drop: "松开即可发送文件",
    open: "放大给口岸看",
    gate: "放大的健康码",
    close: "关闭",
    edit: "修改",
    again: "再试一次",
    you: "您：",
    service: "健康码：",
    sending: "发送中…",
    waiting: "尚未发送，重新连接后会自动发送",
    taken: "已收到",
    removed: "为保护您的隐私，已从本页移除",
    tooLong: "消息太长，请分几段发送。",
    unreadable: "未能发送，请重新载入本页。",
    tooLarge: "文件太大，上限为 10 MB。",
    tooSlow: "连接太慢，未能发送文件，请再试一次。",
    uploading: "正在发送文件",
    connecting: "连接中…",
    lost: "暂时无法连接。内容不会丢失，您可以继续输入。",
    elsewhere: "您已在另一个标签页继续。轻触或输入即可在这里继续。",
    cookies: "本对话需要使用 Cookie。请允许本页使用 Cookie，然后重新载入。",
  },
};

const CHOSEN = "language";
let language = localStorage.getItem(CHOSEN) ?? guess(navigator.languages);

function guess(tags) {
  for (const tag of tags) {
    const low = tag.toLowerCase();
    if (low.startsWith("en")) return "en";
    if (/^zh.*hans|^zh-(cn|sg)|^zh$/.test(low)) return "zh-Hans";
    if (/^zh|^yue/.test(low)) return "zh-Hant-HK";
  }
  return "en";
}

export const spoken = () => language;
export const word = (name) => WORDS[language][name];

/** Write an element's words, now and whenever the language changes. */
export function say(element, name) {
  element.dataset.word = name;
  element.textContent = name ? word(name) : "";
  return element;
}

/** Change the page's language; `chosen` by the person himself, so that it is remembered. */
export function speak(tag, chosen = false) {
  if (!(tag in WORDS)) return;
  language = tag;
  if (chosen) localStorage.setItem(CHOSEN, tag);
  document.documentElement.lang = tag;
  document.title = word("title");
  for (const e of document.querySelectorAll("[data-word]")) {
    if (e.dataset.word) e.textContent = word(e.dataset.word);
  }
  for (const e of document.querySelectorAll("[data-label]")) {
    e.setAttribute("aria-label", word(e.dataset.label));
  }
  for (const e of document.querySelectorAll("[data-title]")) e.title = word(e.dataset.title);
  for (const e of document.querySelectorAll("[data-placeholder]")) {
    e.placeholder = word(e.dataset.placeholder);
  }
  document.querySelector("#language").value = tag;
}
